#pragma once

#include <vector>

#include "harness/sweep/expand.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"

namespace xib {

// Runs of the plan, in the order of the product, with added reference runs last. For each fraction() it finds the run whose Ξ it refers to, and fills in
// control.reference_id, the id (which hashes it), needs and stage. It merges equal runs, and adds reference runs that the product lacks. K phases that need a
// reference get K references; a run that several variants share has the name of the first. References whose Ξ cannot be used go to `problems`. Throws
// Error(input) if variants refer to each other in a circle or differ in their phases.
std::vector<PlannedRun> link_references(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems);

}  // namespace xib
