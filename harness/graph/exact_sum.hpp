#pragma once

#include <cmath>

namespace xib {

// Sum with a running compensation (Neumaier 1974); in any order its error is at most about one rounding of the result.
class ExactSum {
 public:
  void add(double value) {
    const double next = sum_ + value;
    rest_ += std::abs(sum_) >= std::abs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double value() const { return sum_ + rest_; }
  // 1 - sum with one rounding: the diagonal entry with which a row sums to 1 as nearly as doubles can.
  double complement() const { return (1 - sum_) - rest_; }

 private:
  double sum_ = 0, rest_ = 0;
};

}  // namespace xib
