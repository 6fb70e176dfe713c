#include "harness/train/optimizer.hpp"

namespace xib {

Sgd::Sgd(int nodes, std::size_t dim, SgdOptions options) : options_(options), velocity_(options.momentum != 0 ? nodes : 0, dim) {}

void Sgd::step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool) {
  const auto rate = static_cast<float>(lr);
  move(x, g, pool, [rate](int) { return [rate](std::size_t, float& p, float d) { p -= rate * d; }; });
}

std::vector<std::pair<std::string, NodeMatrix*>> Sgd::state() {
  if (velocity_.count() == 0) return {};
  return {{"velocity", &velocity_}};
}

}  // namespace xib
