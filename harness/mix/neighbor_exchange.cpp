#include "harness/mix/neighbor_exchange.hpp"

#include "harness/core/check.hpp"

#include <set>

namespace xib {

NeighborPlan::NeighborPlan(NodeLayout layout, std::span<const Edge> edges) : layout_(layout) {
  std::map<int, std::set<int>> wanted, given;  // rank -> nodes
  for (const Edge& edge : edges) {
    const int from = layout.owner(edge.from), to = layout.owner(edge.to);
    if (from == to) continue;
    if (to == layout.rank) wanted[from].insert(edge.from);
    if (from == layout.rank) given[to].insert(edge.from);
  }
  for (const auto& [rank, nodes] : wanted)
    for (const int node : nodes) {
      halo_row_[node] = halo();
      receives_.push_back({rank, halo()});
    }
  for (const auto& [rank, nodes] : given)
    for (const int node : nodes) sends_.push_back({rank, node - layout.mine().first});
}

int NeighborPlan::source(int node) const {
  const NodeBlock mine = layout_.mine();
  return node >= mine.first && node < mine.first + mine.count ? node - mine.first : mine.count + halo_row_.at(node);
}

const NodeMatrix& NeighborExchange::rows(const NeighborPlan& plan, const NodeMatrix& x) {
  if (!halo_ || halo_->count() < plan.halo() || halo_->device() != x.device()) halo_ = std::make_unique<NodeMatrix>(plan.halo(), dim_, x.device());
  sends_.clear();
  receives_.clear();
  for (const auto& [rank, row] : plan.sends_) sends_.push_back({rank, {x.address(row), dim_}});
  for (const auto& [rank, row] : plan.receives_) receives_.push_back({rank, {halo_->address(row), dim_}});
  exchange_(sends_, receives_, x.device());
  return *halo_;
}

void NeighborExchange::messages(std::span<const Edge> edges, const NodeMatrix& outbox, NodeMatrix& inbox) {
  sends_.clear();
  receives_.clear();
  int out = 0, in = 0;
  for (const Edge& edge : edges) {
    const int from = layout_.owner(edge.from), to = layout_.owner(edge.to);
    const bool leaves = from == layout_.rank, arrives = to == layout_.rank;
    if ((leaves && out == outbox.count()) || (arrives && in == inbox.count())) fail("more edges than rows for their messages (this is a bug)");
    if (leaves && arrives)
      inbox.copy_row(in, outbox, out);
    else if (leaves)
      sends_.push_back({to, {outbox.address(out), dim_}});
    else if (arrives)
      receives_.push_back({from, {inbox.address(in), dim_}});
    out += leaves;
    in += arrives;
  }
  if (out != outbox.count() || in != inbox.count()) fail("fewer edges than rows for their messages (this is a bug)");
  exchange_(sends_, receives_, outbox.device());
}

}  // namespace xib
