#pragma once

#include <string>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

// One key set from outside of the file.
struct Override {
  Leaf leaf;
  std::string where;    // XIBENCH_TRAIN__NODES or --set
  std::string comment;  // "# --set train.nodes=4", for the record
};

// Those of the environment, then those of --set: later ones win. In the environment a key is written XIBENCH_<KEY> in capitals with
// "__" for the dot. Right of the '=' is TOML; a bare word is accepted where the key takes a text.
std::vector<Override> overrides(const std::vector<std::string>& sets, Problems& problems);

// Those that the comments at the end of a sweep file's text record. A comment further up is the author's, and so is one that says nothing that a plan
// would have taken. `file` begins their `where`.
std::vector<Override> recorded_overrides(const std::string& source, const std::string& file);

}  // namespace xib
