#pragma once

#include <cmath>

namespace xib {

// Sum with a running compensation (Neumaier 1974): off by at most about one rounding of the result, in any order.
class ExactSum {
 public:
  void add(double value) {
    const double next = sum_ + value;
    rest_ += std::abs(sum_) >= std::abs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + rest_; }
  // 1 - sum with one rounding: the diagonal entry that makes a row sum to 1 as nearly as a double can.
  double complement() const { return (1 - sum_) - rest_; }

 private:
  double sum_ = 0, rest_ = 0;
};

}  // namespace xib
