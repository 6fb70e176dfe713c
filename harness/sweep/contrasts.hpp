#pragma once

#include <string>
#include <vector>

#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"
#include "harness/sweep/toml_values.hpp"

namespace xib {

Contrast read_contrast(const Leaf& table, const std::string& path, Problems& problems);

// Refuses arms that are not variants, the baseline (the gap table compares with it anyway), an arm against itself, and a contrast that occurs twice.
void check_contrasts(const std::vector<Contrast>& contrasts, const std::vector<std::string>& variants, const std::string& baseline, Problems& problems);

}  // namespace xib
