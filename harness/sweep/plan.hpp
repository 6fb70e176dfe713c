#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/names.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

inline constexpr int kScienceVersion = 2;  // raised by any change of the numerics: old and new runs then have other ids

// A sweep file as read, with every override applied.
struct Sweep {
  std::string name, path, source;  // source: the text of the file as given, then the --set lines as comments
  double delta = 0;                // margin in points of accuracy below which a gap is called none; 0: not declared
  std::string baseline;            // name of the baseline variant, "" when there is none
};

struct PlannedRun {
  int index = 0;   // from 0, in plan order
  std::string id;  // 16 hexadecimal digits of SHA-256 over canonical_json and kScienceVersion
  RunConfig config;
  std::string canonical_json;                               // sorted keys, shortest round-trip numbers
  std::vector<std::string> variants;                        // names under which this run appears; "" for a sweep without variants
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

std::string canonical_json(const RunConfig& config);
std::string run_id(const RunConfig& config);
RunConfig config_from_json(const std::string& json);  // of a run file's /config; throws Error(input)

}  // namespace xib
