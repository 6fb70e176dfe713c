#pragma once

#include <string>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

// A [[contrast]] of a sweep file: two arms to compare, neither of them the baseline. It says what is asked of the runs, not what they are: it is in
// no run id.
struct Contrast {
  std::string arm, against;
  std::string where, arm_where, against_where;  // sweep.toml:12, of the table and of its keys
};

Contrast read_contrast(const Leaf& table, const std::string& path, Problems& problems);

// Refuses arms that are no variant, the baseline (the gap table compares with it already), an arm against itself, and the same twice.
void check_contrasts(const std::vector<Contrast>& contrasts, const std::vector<std::string>& variants, const std::string& baseline, Problems& problems);

// Those of a sweep file's text. Throws Error(input), one line per problem, naming `path` and the line.
std::vector<Contrast> contrasts_of(const std::string& source, const std::string& path);

}  // namespace xib
