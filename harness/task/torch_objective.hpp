#pragma once

#include "harness/core/metric.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace at {
class Tensor;
}

namespace xib {

// Training loss and metrics of a network's outputs.
class Objective {
 public:
  virtual ~Objective() = default;
  // Mean loss of a batch, one number: outputs (samples x ...) in float, targets as the batch has them.
  virtual at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const = 0;
  // The same for several models, whose batches of equal size follow one another: one number per model.
  virtual at::Tensor losses(const at::Tensor& outputs, const at::Tensor& targets, std::int64_t models) const = 0;

  virtual std::vector<Metric> metrics() const = 0;
  // add_up() turns an evaluated batch into sums_size() numbers that add over batches; score() turns their sums into one number per metric.
  virtual std::size_t sums_size() const = 0;
  virtual void add_up(const at::Tensor& outputs, const at::Tensor& targets, std::span<double> sums) const = 0;
  virtual std::vector<double> score(std::span<const double> sums) const = 0;
};

// Cross entropy over classes; targets are the numbers of the classes. Sums are in double.
const Objective& cross_entropy();

}  // namespace xib
