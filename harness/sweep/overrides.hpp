#pragma once

#include <string>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

// Key that is set outside of the file.
struct Override {
  Leaf leaf;
  std::string where;    // XIBENCH_TRAIN__NODES or --set
  std::string comment;  // "# --set train.nodes=4", for the record
};

// Overrides of the environment, then those of --set; later ones win. In the environment a key is XIBENCH_<KEY> in capitals, with "__" for the dot. The value is
// TOML; a bare word is accepted if the key takes a text.
std::vector<Override> overrides(const std::vector<std::string>& sets, Problems& problems);

// Overrides that the comments at the end of a sweep file's text record. Other comments belong to the author: those further up, and those that a plan would not
// have accepted as an override. `file` is the beginning of `where`.
std::vector<Override> recorded_overrides(const std::string& source, const std::string& file, Problems& problems);

}  // namespace xib
