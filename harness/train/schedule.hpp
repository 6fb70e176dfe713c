#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace xib {

// Learning rate over a run: linear warm-up from warmup_lr to the peak over warmup_epochs, then constant, steps(e1, e2, ...) (divided by 10 at the beginning of
// each of these epochs) or cosine (to 0 at the end of the run, Loshchilov and Hutter 2017).
class LearningRate {
 public:
  // Throws Error(input) for an unknown schedule, and for drops that do not ascend or lie outside of the run.
  LearningRate(std::string_view schedule, double peak, double warmup_epochs, double warmup_lr, std::int64_t epochs);
  double at(double epoch) const;  // epochs done, fractional within an epoch
  double peak() const { return peak_; }
  const std::vector<std::int64_t>& drops() const { return drops_; }  // epochs at which the rate drops; by default phases begin there

 private:
  double peak_, warmup_epochs_, warmup_lr_, epochs_;
  std::vector<std::int64_t> drops_;
  bool cosine_ = false;
};

}  // namespace xib
