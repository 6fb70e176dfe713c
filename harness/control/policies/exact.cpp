#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

namespace xib {
namespace {

// Exact averaging of the models, every `every` steps; gossip between.
class Exact final : public ConsensusPolicy {
 public:
  Exact(std::int64_t every, int rounds) : every_(every), rounds_(rounds) {}
  Decision decide(const ConsensusView& view) override {
    const bool exact = (view.phase_step + 1) % every_ == 0;
    return {.exact = exact, .rounds = exact ? 0 : rounds_};
  }

 private:
  std::int64_t every_;
  int rounds_;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_exact(Arguments&, const PolicyContext&) { return std::make_unique<Exact>(1, 0); }

std::unique_ptr<ConsensusPolicy> make_exact_every(Arguments& arguments, const PolicyContext& context) {
  const auto every = arguments.integer("k"), rounds = arguments.integer("rounds", 1);
  require(every >= 1, "exact-every({}): the period is at least 1 step", every);
  require(rounds >= 0 && rounds <= context.max_rounds, "exact-every: rounds is between 0 (local SGD) and {}, not {}", context.max_rounds, rounds);
  return std::make_unique<Exact>(every, static_cast<int>(rounds));
}

}  // namespace xib
