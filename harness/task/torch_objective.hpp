#pragma once

#include "harness/core/metric.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace at {
class Tensor;
}

namespace xib {

// What a network's outputs are trained for and measured by.
class Objective {
 public:
  virtual ~Objective() = default;
  // A batch's mean loss, one number: outputs (samples x ...) in float, targets as the batches bring them.
  virtual at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const = 0;
  // The same of several models, whose batches of equal size follow one another: a number per model.
  virtual at::Tensor losses(const at::Tensor& outputs, const at::Tensor& targets, std::int64_t models) const = 0;

  virtual std::vector<Metric> metrics() const = 0;
  // An evaluated batch in `sums_size()` numbers that add over batches, and their scores: a number per metric.
  virtual std::size_t sums_size() const = 0;
  virtual void add_up(const at::Tensor& outputs, const at::Tensor& targets, std::span<double> sums) const = 0;
  virtual std::vector<double> score(std::span<const double> sums) const = 0;
};

// Cross entropy of classes, targets being whole numbers. Sums are added in double.
const Objective& cross_entropy();

}  // namespace xib
