#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/spec.hpp"

namespace xib {

// Resolved run of the product, without its references.
struct Draft {
  RunConfig config;                                         // control.reference is empty
  std::string reference;                                    // the variant that control.reference names
  std::string variant;                                      // "" in a sweep without variants
  std::vector<std::pair<std::string, std::string>> varies;  // as in PlannedRun
  Axes cell;                                                // of the axes of the sweep
  std::map<std::string, std::string> origins;
};

// Product in plan order: draft (v, point, s) is at (v * points + point) * seeds + s, with v over the variants (or the one without a name), point over the
// product of the axes (the last one fastest), and s over the seeds.
struct Product {
  std::size_t points = 1, seeds = 1;
  bool whole = true;  // no draft has a problem
  std::vector<Draft> drafts;
};
Product expand(const SweepSpec& spec, const Vocabulary& vocabulary, Problems& problems);

}  // namespace xib
