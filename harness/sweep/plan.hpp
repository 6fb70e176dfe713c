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

inline constexpr int kScienceVersion = 2;  // raised by any change of the numerics: old and new runs then have other ids

// A [[contrast]] of a sweep file: two arms to compare, neither of them the baseline. It says what is asked of the runs, not what they are: it is in
// no run id.
struct Contrast {
  std::string arm = {}, against = {};
  std::string where = {}, arm_where = {}, against_where = {};  // sweep.toml:12, of the table and of its keys
  bool operator==(const Contrast& other) const { return arm == other.arm && against == other.against; }
};

// A sweep file as read, with every override applied.
struct Sweep {
  std::string name, path, source;  // source: the text of the file as given, then the overrides as comments
  double delta = 0;                // margin in points of accuracy, or in the unit of another metric, below which a gap is called none; 0: not declared
  std::string delta_from;          // where delta comes from if not from the runs, and what those declare
  std::string baseline;            // name of the baseline variant, "" when there is none
  std::vector<std::int64_t> seeds = {1};
  std::vector<std::string> variants;  // in the order of the file
  std::vector<std::string> axes;      // dotted keys of [sweep], in the order of the file; those that an override sets, too
  std::set<std::string> varied;       // dotted keys that [sweep] or a variant sets
  std::vector<Contrast> contrasts;    // in the order of the file
};

// A cell of the product of [sweep]: dotted key -> value as text, one for each of Sweep::axes.
using Axes = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kAnyValue = "*";  // the key makes no difference to the run, so it belongs to every value

struct PlannedRun {
  int index = 0;   // from 0, in plan order
  std::string id;  // 16 hexadecimal digits of SHA-256 over canonical_json and kScienceVersion
  RunConfig config;
  std::string canonical_json;                               // sorted keys, shortest round-trip numbers
  std::vector<std::string> variants;                        // names under which this run appears; "" for a sweep without variants
  std::vector<Axes> cells;                                  // of each variant
  std::vector<std::pair<std::string, std::string>> varies;  // dotted key -> value, of [sweep] keys that the variant does not set itself
  std::map<std::string, std::string> origins;               // dotted key -> where its value came from (sweep.toml:12, --set); absent: the default
  int stage = 1;                                            // runs of stage s need only runs of earlier stages
  std::vector<std::string> needs;                           // ids of the runs whose Ξ this one refers to
};

struct Plan {
  Sweep sweep;
  std::vector<PlannedRun> runs;  // by stage, then variants, then [sweep] in the order of the file, seeds innermost
};

// Reads `path`, applies `sets` ("key=value", TOML on the right) and expands. All errors of the file come in one Error(input), one
// line each, with file, line, key and remedy.
Plan make_plan(const std::string& path, const std::vector<std::string>& sets, const Vocabulary& vocabulary);
Plan make_plan(const std::string& path, const std::vector<std::string>& sets = {});  // checks the grammar only: no names, no numbers

// The plan of a sweep file's text as a run file holds it, the overrides that its last lines record applied, and none of today's: the plan
// that the run was part of. `where` stands for the file in messages.
Plan recorded_plan(const std::string& source, const std::string& where, const Vocabulary& vocabulary);

// XIBENCH_DELTA: the margin is no part of a run, so it may be asked for when the table is made. Throws Error(input) for what is no margin, and for
// variables that set no key.
void take_margin_of_environment(Sweep& sweep);

std::string canonical_json(const RunConfig& config);
std::string run_id(const RunConfig& config);
RunConfig config_from_json(const std::string& json);  // of a run file's /config; throws Error(input)

}  // namespace xib
