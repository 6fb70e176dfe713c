#pragma once

#include "harness/control/method.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/term.hpp"
#include "harness/graph/mixing_matrix.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Measurements that a policy needs before it decides, each step.
struct Needs {
  bool gram = false;             // the n x n Gram matrix of X - x̄ (and with it Ξ); by another method than a Gram matrix only Ξ
  bool gradient_norm = false;    // sqrt((1/n) Σ ‖g_i‖²)
  bool gradient_spread = false;  // (1/n) Σ ‖g_i - ḡ‖² and ‖ḡ‖²
  bool full_gradient = false;    // ‖∇f(x̄)‖² and σ²(x̄), of tasks that know them
  bool any() const { return gram || gradient_norm || gradient_spread || full_gradient; }
};

// Numbers that a policy may use, the same on every rank. Numbers that it does not need are kNaN; a policy without needs decides before the local step.
struct ConsensusView {
  std::int64_t step = 0;        // of the run, from 0
  std::int64_t phase_step = 0;  // of the phase, from 0
  std::int64_t round = 0;       // gossip rounds done in this phase so far, which is the number of the next round
  double epoch = 0, lr = 0, lr_max = 0;
  int nodes = 1;
  std::size_t dim = 0;
  Method::Kind method = Method::Kind::predicted;  // how the rounds to a target are found in this step; never automatic
  double distance = kNaN;                         // Ξ after the local step, before mixing
  double mean_model_norm = kNaN;                  // ‖x̄‖
  double gradient_norm = kNaN;
  double gradient_spread = kNaN, mean_gradient_norm2 = kNaN;
  double full_gradient_norm2 = kNaN, gradient_variance = kNaN;  // ‖∇f(x̄)‖², σ²(x̄)
  std::span<const double> gram;
  const MixingSchedule* schedule = nullptr;
};

struct Decision {
  bool exact = false;   // exact averaging of the models instead of gossip
  bool reached = true;  // false: max_rounds do not reach the target
  int rounds = 1;
  double target = kNaN;  // Ξ aimed at
  // True: `rounds` are the first ones. Then Ξ is measured, and while it is above the target, and fewer than `most` rounds are done, one round more is mixed and
  // Ξ measured again.
  bool measured = false;
  int least = 0, most = 0;  // rounds of a step that has a target
  double strength = 1;      // γ of x <- (1-γ) x + γ W x
  double critical = kNaN;   // Γ_t, where the policy computes it
  bool gossips() const { return !exact && rounds > 0; }
};

// Rule that decides how the nodes communicate in one step. Run files store its name, so new behaviour needs a new name.
class ConsensusPolicy {
 public:
  virtual ~ConsensusPolicy() = default;
  virtual Needs needs() const { return {}; }
  // Decision for one step; called once per step, in step order. If needs().any(), rank 0 decides and all ranks get its decision; else every rank computes the
  // same one.
  virtual Decision decide(const ConsensusView& view) = 0;
  // Whether a Gram matrix tells the rounds of this step of the phase. False: Ξ is measured after mixing instead, whatever the method is.
  virtual bool predicts(std::int64_t /*phase_step*/) const { return true; }
  // Called after mixing with Ξ as it was measured then, if the policy needs a Gram matrix and control.method is set.
  virtual void mixed(double /*distance*/) {}
  // Called before the first step for the policy of every earlier phase, in their order, so that a policy can continue from the state of one of them. `earlier`
  // lives as long as this policy.
  virtual void follow(const ConsensusPolicy& /*earlier*/) {}
  // State that must survive an interruption; restore(state()) changes nothing.
  virtual std::vector<double> state() const { return {}; }
  virtual void restore(std::span<const double>) {}
};

// Numbers of the run that a policy gets when it is made.
struct PolicyContext {
  double reference_distance = kNaN;       // Ξ_max of the reference run in this phase, for fraction()
  int min_rounds = 1, max_rounds = 1000;  // of a step; min_rounds holds for policies that hold a target
  double L = kNaN;                        // smoothness, of tasks that know it
  bool full_gradient = false;             // the task knows ∇f and σ²
};

// One row of the table of policies, which the parser, plan, `xibench list` and the tests read.
struct PolicyInfo {
  std::string_view name, arguments, help;
  bool holds_target;     // mixes until Ξ reaches a target: it measures the Gram matrix, and min_rounds has an effect
  bool needs_reference;  // the plan must have an uncontrolled run whose Ξ is the unit of the target
  std::unique_ptr<ConsensusPolicy> (*make)(Arguments& arguments, const PolicyContext& context);
};
std::span<const PolicyInfo> policies();

// Makes the policy written as `text`; `key` is for errors. Throws Error(input) for an unknown name (with the nearest one), wrong arguments or impossible
// values.
std::unique_ptr<ConsensusPolicy> make_policy(std::string_view text, std::string_view key, const PolicyContext& context);
const PolicyInfo& policy_info(std::string_view policy);  // row of the policy written as this text; throws Error(input)

}  // namespace xib
