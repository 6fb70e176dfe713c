#include "harness/train/optimizer.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr std::size_t kChunk = 1 << 15;  // floats per task: three streams of 128 KiB

}  // namespace

Sgd::Sgd(int nodes, std::size_t dim, SgdOptions options) : options_(options), velocity_(options.momentum != 0 ? nodes : 0, dim) {}

void Sgd::step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool) {
  const auto rate = static_cast<float>(lr), mu = static_cast<float>(options_.momentum), lambda = static_cast<float>(options_.weight_decay);
  const auto chunks = (x.dim() + kChunk - 1) / kChunk;
  pool.for_each(static_cast<std::int64_t>(chunks) * x.count(), [&](std::int64_t task, int) {
    const int node = static_cast<int>(task / static_cast<std::int64_t>(chunks));
    const std::size_t at = static_cast<std::size_t>(task) % chunks * kChunk, size = std::min(kChunk, x.dim() - at);
    float* const p = x.row(node).data() + at;
    const float* const q = g.row(node).data() + at;
    if (mu == 0) {
      for (std::size_t k = 0; k < size; ++k) p[k] -= rate * (q[k] + lambda * p[k]);
      return;
    }
    float* const v = velocity_.row(node).data() + at;
    for (std::size_t k = 0; k < size; ++k) {
      const float d = q[k] + lambda * p[k];
      v[k] = mu * v[k] + d;
      p[k] -= rate * (options_.nesterov ? d + mu * v[k] : v[k]);
    }
  });
}

std::vector<std::pair<std::string, NodeMatrix*>> Sgd::state() {
  if (velocity_.count() == 0) return {};
  return {{"velocity", &velocity_}};
}

}  // namespace xib
