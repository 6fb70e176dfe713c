#pragma once

#include "harness/control/policy.hpp"
#include "harness/control/rounds_to_target.hpp"

#include <memory>

namespace xib {

// One file per policy; the table is in policies.cpp.
std::unique_ptr<ConsensusPolicy> make_rounds(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_exact(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_exact_every(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_target(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_fraction(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_fraction_of_start(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_adaptive(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_critical(Arguments& arguments, const PolicyContext& context);
std::unique_ptr<ConsensusPolicy> make_weaken(Arguments& arguments, const PolicyContext& context);

inline RoundLimits limits_of(const PolicyContext& context) { return {context.min_rounds, context.max_rounds}; }

// Decision to mix the rounds that bring Ξ to `target`, within the limits: computed at once from the view's Gram matrix, or, by the loop, to measure. Throws
// Error(work) for a target below the resolution of floats.
Decision mix_to(double target, const ConsensusView& view, RoundLimits limits);

}  // namespace xib
