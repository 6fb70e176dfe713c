#pragma once

#include "harness/core/metric.hpp"

#include <span>
#include <vector>

namespace xib {

// Metrics of a classifier: top-1 accuracy and mean loss, from sums over samples. Only these three functions define them.
struct ClassificationSums {
  double loss = 0, hits = 0, samples = 0;  // counts are exact up to 2^53
};
inline constexpr std::size_t kClassificationSums = 3;

inline std::vector<Metric> classification_metrics() { return {top1_accuracy(), mean_loss()}; }

inline void put(const ClassificationSums& of_batch, std::span<double> sums) { sums[0] = of_batch.loss, sums[1] = of_batch.hits, sums[2] = of_batch.samples; }

inline std::vector<double> classification_scores(std::span<const double> sums) { return {100.0 * sums[1] / sums[2], sums[0] / sums[2]}; }

}  // namespace xib
