#pragma once

#include <string>
#include <vector>

#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

Contrast read_contrast(const Leaf& table, const std::string& path, Problems& problems);

// Refuses arms that are no variant, the baseline (the gap table compares with it already), an arm against itself, and the same twice.
void check_contrasts(const std::vector<Contrast>& contrasts, const std::vector<std::string>& variants, const std::string& baseline, Problems& problems);

}  // namespace xib
