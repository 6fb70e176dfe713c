#include "harness/task/torch_objective.hpp"

#include "harness/task/classification.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

class CrossEntropy final : public Objective {
 public:
  at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override { return at::cross_entropy_loss(outputs, targets); }
  at::Tensor losses(const at::Tensor& outputs, const at::Tensor& targets, std::int64_t models) const override {
    return at::cross_entropy_loss(outputs, targets, {}, at::Reduction::None).view({models, -1}).mean(1);
  }

  std::vector<Metric> metrics() const override { return classification_metrics(); }
  std::size_t sums_size() const override { return kClassificationSums; }
  void add_up(const at::Tensor& outputs, const at::Tensor& targets, std::span<double> sums) const override {
    const auto table = outputs.to(at::kCPU).contiguous();
    const auto truth = targets.to(at::kCPU);
    const auto classes = static_cast<std::size_t>(table.size(1));
    const std::span labels(truth.data_ptr<std::int64_t>(), static_cast<std::size_t>(truth.size(0)));
    ClassificationSums found;
    for (std::size_t k = 0; k < labels.size(); ++k) {
      const std::span row(table.data_ptr<float>() + k * classes, classes);
      const auto top = std::max_element(row.begin(), row.end());
      double sum = 0;
      for (const float z : row) sum += std::exp(static_cast<double>(z) - static_cast<double>(*top));
      found.loss += std::log(sum) + static_cast<double>(*top) - static_cast<double>(row[static_cast<std::size_t>(labels[k])]);
      found.hits += top - row.begin() == labels[k];
      ++found.samples;
    }
    put(found, sums);
  }
  std::vector<double> score(std::span<const double> sums) const override { return classification_scores(sums); }
};

}  // namespace

const Objective& cross_entropy() {
  static const CrossEntropy objective;
  return objective;
}

}  // namespace xib
