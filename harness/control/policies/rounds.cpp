#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

namespace xib {
namespace {

// A fixed number of gossip rounds per step; one is plain D-SGD.
class Rounds final : public ConsensusPolicy {
 public:
  explicit Rounds(int rounds) : rounds_(rounds) {}
  Decision decide(const ConsensusView&) override { return {.rounds = rounds_}; }

 private:
  int rounds_;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_rounds(Arguments& arguments, const PolicyContext& context) {
  const auto rounds = arguments.integer("q", 1);
  require(rounds >= 0 && rounds <= context.max_rounds, "rounds({}): a step mixes between 0 and {} rounds (control.max_rounds)", rounds, context.max_rounds);
  return std::make_unique<Rounds>(static_cast<int>(rounds));
}

}  // namespace xib
