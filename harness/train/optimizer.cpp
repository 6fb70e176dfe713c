#include "harness/train/optimizer.hpp"

namespace xib {

Sgd::Sgd(int nodes, std::size_t dim, SgdOptions options, Device* device) : options_(options), velocity_(options.momentum != 0 ? nodes : 0, dim, device) {}

void Sgd::step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool) { move(x, g, pool, PlainMove{static_cast<float>(lr)}); }

std::vector<std::pair<std::string, NodeMatrix*>> Sgd::state() {
  if (velocity_.count() == 0) return {};
  return {{"velocity", &velocity_}};
}

}  // namespace xib
