#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"
#include "harness/core/made_from.hpp"
#include "harness/core/row_of.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::array<PolicyInfo, 9> kPolicies = {{
    {"rounds", "q = 1", "q gossip rounds per step; rounds(1) is plain D-SGD", false, false, make_rounds},
    {"exact", "", "exact averaging of the models in every step", false, false, make_exact},
    {"exact-every", "k, rounds = 1", "exact averaging every k steps, gossip rounds between", false, false, make_exact_every},
    {"target", "distance", "as many rounds as keep Ξ at or below a distance", true, false, make_target},
    {"fraction", "f", "target f · Ξ_max of the same phase in an uncontrolled reference run", true, true, make_fraction},
    {"fraction-of-start", "f, steps = 20", "target f · the largest Ξ of the phase's first, uncontrolled steps", true, false, make_fraction_of_start},
    {"adaptive", "s, beta = 0.95, average = phase", "target s · moving average of the gradient norm; it restarts in each phase, or never (average = run)", true,
     false, make_adaptive},
    {"critical", "factor = 1, L", "target factor · critical consensus distance Γ_t; give L if the task does not know it", true, false, make_critical},
    {"dsgd-ac", "after = 10, power = 3", "one round, weakened by (lr/lr_max)^power after some epochs", false, false, make_weaken},
}};

}  // namespace

std::span<const PolicyInfo> policies() { return kPolicies; }

std::unique_ptr<ConsensusPolicy> make_policy(std::string_view text, std::string_view key, const PolicyContext& context) {
  try {
    return made_from(kPolicies, text, "policy", key, context);
  } catch (const Error& error) {
    throw Error(error.fault(), with_key(error.problems(), Key{key}));
  }
}

const PolicyInfo& policy_info(std::string_view policy) { return row_of(kPolicies, Term::parse(policy, "policy").name, "policy", "policy"); }

}  // namespace xib
