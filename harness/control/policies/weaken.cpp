#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

#include <cmath>

namespace xib {
namespace {

// DSGD-AC (arXiv 2602.02899): one round x <- (1 - g) x + g W x with g = (lr/lr_max)^power once `after` epochs are done; before, g = 1.
// It keeps the distance alive late in training.
class Weaken final : public ConsensusPolicy {
 public:
  Weaken(double after, double power) : after_(after), power_(power) {}
  Decision decide(const ConsensusView& view) override { return {.rounds = 1, .strength = view.epoch < after_ ? 1.0 : std::pow(view.lr / view.lr_max, power_)}; }

 private:
  double after_, power_;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_weaken(Arguments& arguments, const PolicyContext&) {
  const double after = arguments.number("after", 10.0), power = arguments.number("power", 3.0);
  require(after >= 0, "dsgd-ac: after is {} epochs, and cannot be negative", after);
  require(power >= 0, "dsgd-ac: power is {}, and a negative one would mix beyond W", power);
  return std::make_unique<Weaken>(after, power);
}

}  // namespace xib
