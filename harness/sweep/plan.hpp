#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/names.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

inline constexpr int kScienceVersion = 2;  // a change of the numerics raises it, so that old and new runs have different ids

// A [[contrast]] of a sweep file: two arms to compare, neither of them the baseline. It is a question about the runs, not a part of them, so no run id depends
// on it.
struct Contrast {
  std::string arm = {}, against = {};
  std::string where = {}, arm_where = {}, against_where = {};  // sweep.toml:12, of the table and of its keys
  bool operator==(const Contrast& other) const { return arm == other.arm && against == other.against; }
};

// Content of a sweep file, with every override applied.
struct Sweep {
  std::string name, path, source;  // source: the text of the file, then the overrides as comments
  double delta = 0;                // margin in points of accuracy, or in the unit of another metric, below which a gap is called none; 0: not declared
  std::string delta_from;          // not empty if delta is not that of the runs: where it comes from, and what the runs declare
  std::string baseline;            // name of the baseline variant; "": there is none
  std::vector<std::int64_t> seeds = {1};
  std::vector<int> looks;             // numbers of seeds after which verdicts are looked at, ascending; empty: at all seeds, once
  std::vector<std::string> variants;  // in the order of the file
  std::vector<std::string> axes;      // dotted keys of [sweep], in the order of the file, also those that an override sets
  std::set<std::string> varied;       // dotted keys that [sweep] or a variant sets
  std::vector<Contrast> contrasts;    // in the order of the file
};

// Cell of the product of [sweep]: dotted key and value as text, one for each of Sweep::axes.
using Axes = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kAnyValue = "*";  // the key has no effect on the run, so the run belongs to every value

struct PlannedRun {
  int index = 0;   // from 0, in plan order
  std::string id;  // 16 hexadecimal digits of SHA-256 over canonical_json and kScienceVersion
  RunConfig config;
  std::string canonical_json;                               // sorted keys, shortest round-trip numbers
  std::vector<std::string> variants;                        // names under which this run appears; "" for a sweep without variants
  std::vector<Axes> cells;                                  // of each variant
  std::vector<std::pair<std::string, std::string>> varies;  // dotted key and value of the [sweep] keys that the variant does not set itself
  std::map<std::string, std::string> origins;               // dotted key -> where its value came from (sweep.toml:12, --set); absent: the default
  int stage = 1;                                            // runs of stage s need only runs of earlier stages
  std::vector<std::string> needs;                           // ids of the runs whose Ξ this one refers to
};

struct Plan {
  Sweep sweep;
  std::vector<PlannedRun> runs;  // by stage, then variants, then [sweep] in the order of the file, seeds innermost
};

// Reads `path`, applies `sets` ("key=value", TOML on the right) and expands. All errors of the file are in one Error(input), one line each, with file, line,
// key and remedy.
Plan make_plan(const std::string& path, const std::vector<std::string>& sets, const Vocabulary& vocabulary);
Plan make_plan(const std::string& path, const std::vector<std::string>& sets = {});  // checks only the grammar: no names, no checks of whole runs

// Plan that a run was part of, from the text of the sweep file in the run file. It applies the overrides that the last lines of the text record, and none of
// the present environment. `where` stands for the file in messages.
Plan recorded_plan(const std::string& source, const std::string& where, const Vocabulary& vocabulary);

// Applies XIBENCH_DELTA, if it is set: the margin is not part of a run, so it may be chosen when the table is made. Throws Error(input) if the value is not a
// margin, and for variables that set no key.
void take_margin_of_environment(Sweep& sweep);

std::string canonical_json(const RunConfig& config);
std::string run_id(const RunConfig& config);
RunConfig config_from_json(const std::string& json);  // of a run file's /config; throws Error(input)

}  // namespace xib
