#pragma once

#include "harness/control/policy.hpp"

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

// As many rounds as bring Ξ to `target`, computed at once from the view's Gram matrix. Refuses a target below what floats resolve.
Decision mix_to(double target, const ConsensusView& view, int max_rounds);

}  // namespace xib
