#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/problems.hpp"
#include "harness/sweep/spec.hpp"

namespace xib {

// A run of the product, resolved, its references not yet known.
struct Draft {
  RunConfig config;                                         // control.reference is empty
  std::string reference;                                    // the variant that control.reference names
  std::string variant;                                      // "" in a sweep without variants
  std::vector<std::pair<std::string, std::string>> varies;  // as in PlannedRun
  Axes cell;                                                // of the axes of the sweep
  std::map<std::string, std::string> origins;
};

// The product in plan order: draft (v, point, s) is at (v * points + point) * seeds + s, v over the variants (or the one without a
// name), point over the product of the axes (the last one fastest), s over the seeds.
struct Product {
  std::size_t points = 1, seeds = 1;
  bool whole = true;  // nothing was found wrong with any draft
  std::vector<Draft> drafts;
};
Product expand(const SweepSpec& spec, const Vocabulary& vocabulary, Problems& problems);

}  // namespace xib
