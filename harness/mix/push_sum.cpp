#include "harness/mix/push_sum.hpp"

#include "harness/core/check.hpp"
#include "harness/graph/exact_sum.hpp"

namespace xib {
namespace {

// w as rounds go on; going back begins anew.
class Weights {
 public:
  explicit Weights(MixingSchedule schedule) : schedule_(std::move(schedule)) { restart(); }

  const std::vector<double>& before(std::int64_t round) {
    if (round < round_) restart();
    for (; round_ < round; ++round_) w_ = after(schedule_.at(round_));
    return w_;
  }

  MixingMatrix matrix(std::int64_t round) {
    const auto w = before(round);
    const MixingMatrix& a = schedule_.at(round);
    const auto next = after(a);
    std::vector<std::vector<Weight>> rows(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
      require(next[i] > 0, "push-sum: node {} receives nothing in round {}, not even from itself: give it a weight of its own", i, round);
      for (const auto& [j, value] : a.row(static_cast<int>(i))) rows[i].push_back({j, value * w[static_cast<std::size_t>(j)] / next[i]});
    }
    return MixingMatrix(std::move(rows));
  }

 private:
  void restart() {
    round_ = 0;
    w_.assign(static_cast<std::size_t>(schedule_.nodes()), 1.0);
  }
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
  std::int64_t round_ = 0;
  std::vector<double> w_;
};

}  // namespace

MixingSchedule push_sum_schedule(const MixingSchedule& column_stochastic) {
  return MixingSchedule(column_stochastic.nodes(), [weights = Weights(column_stochastic)](std::int64_t round) mutable { return weights.matrix(round); });
}

std::vector<double> push_sum_weights(const MixingSchedule& column_stochastic, std::int64_t round) { return Weights(column_stochastic).before(round); }

}  // namespace xib
