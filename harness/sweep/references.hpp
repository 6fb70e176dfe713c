#pragma once

#include <vector>

#include "harness/sweep/expand.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"

namespace xib {

// Finds the run whose Ξ each fraction() refers to, fills in control.reference_id, the id (which hashes it), needs and stage, merges
// equal runs, and adds reference runs that the product lacks. In the order of the product, added runs last. References whose Ξ cannot serve
// go to `problems`. K phases that need one get K references, a run that several variants share the name of the first. Throws Error(input) when variants refer
// to each other in a circle or differ in their phases.
std::vector<PlannedRun> link_references(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems);

}  // namespace xib
