#include "harness/mix/push_sum.hpp"

#include "harness/core/check.hpp"
#include "harness/graph/exact_sum.hpp"

namespace xib {

// w as rounds go on; going back begins anew at the last settled round.
class PushSum::Weights {
 public:
  explicit Weights(MixingSchedule schedule) : schedule_(std::move(schedule)) {
    restart(0, std::vector<double>(static_cast<std::size_t>(schedule_.nodes()), 1.0));
  }

  const std::vector<double>& before(std::int64_t round) {
    if (round < settled_) fail("push-sum weights of round {} are asked for after round {} (this is a bug)", round, settled_);
    if (round < round_) restart(settled_, settled_w_);
    for (; round_ < round; ++round_) w_ = after(schedule_.at(round_));
    return w_;
  }

  MixingMatrix matrix(std::int64_t round) {
    const auto w = before(round);
    const MixingMatrix& a = schedule_.at(round);
    const auto next = after(a);
    std::vector<std::vector<Weight>> rows(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
      require(next[i] > 0, "push-sum: node {} receives nothing in round {}, not even from itself: give it a weight for itself", i, round);
      for (const auto& [j, value] : a.row(static_cast<int>(i))) rows[i].push_back({j, value * w[static_cast<std::size_t>(j)] / next[i]});
    }
    return MixingMatrix(std::move(rows));
  }

  void restart(std::int64_t round, std::vector<double> w) {
    settled_ = round_ = round;
    w_ = settled_w_ = std::move(w);
  }

 private:
  std::vector<double> after(const MixingMatrix& a) const {
    std::vector<double> next;
    for (int i = 0; i < a.size(); ++i) {
      ExactSum sum;
      for (const auto& [j, value] : a.row(i)) sum.add(value * w_[static_cast<std::size_t>(j)]);
      next.push_back(sum.value());
    }
    return next;
  }

  MixingSchedule schedule_;
  std::int64_t settled_ = 0, round_ = 0;
  std::vector<double> settled_w_, w_;
};

PushSum::PushSum(const MixingSchedule& column_stochastic) : weights_(std::make_shared<Weights>(column_stochastic)), nodes_(column_stochastic.nodes()) {}

MixingSchedule PushSum::schedule() const {
  return MixingSchedule(nodes_, [weights = weights_](std::int64_t round) { return weights->matrix(round); });
}

const std::vector<double>& PushSum::before(std::int64_t round) { return weights_->before(round); }

void PushSum::settle(std::int64_t round) { restart(round, before(round)); }

void PushSum::restart(std::int64_t round, std::vector<double> w) { weights_->restart(round, std::move(w)); }

MixingSchedule push_sum_schedule(const MixingSchedule& column_stochastic) { return PushSum(column_stochastic).schedule(); }
std::vector<double> push_sum_weights(const MixingSchedule& column_stochastic, std::int64_t round) { return PushSum(column_stochastic).before(round); }

}  // namespace xib
