#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/mix/row_exchange.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace xib {

// A node that sends, and a node that receives. An undirected edge is two of them.
struct Edge {
  int from, to;
  bool operator==(const Edge&) const = default;
};

// Which rows cross between ranks when every node sends its row along a list of edges. All ranks give the same list, but that edges between two nodes of one
// rank, whose rows are there already, may be left out.
class NeighborPlan {
 public:
  NeighborPlan(NodeLayout layout, std::span<const Edge> edges);
  int halo() const { return static_cast<int>(receives_.size()); }  // nodes of other ranks that have an edge to one of this rank
  // Where the row of a node is that has an edge to one of this rank: its row of x, or the count of x + its row of the halo.
  int source(int node) const;

 private:
  friend class NeighborExchange;
  struct Part {
    int rank, row;
  };
  NodeLayout layout_;
  std::map<int, int> halo_row_;         // node -> row of the halo
  std::vector<Part> sends_, receives_;  // rows of x, rows of the halo: each once per rank, whatever the number of its edges; nodes ascend
};

// Rows of `dim` floats from nodes to their neighbours, wherever the nodes and their rows are, in one grouped exchange between the ranks. Collective.
class NeighborExchange {
 public:
  NeighborExchange(Communicator& communicator, NodeLayout layout, std::size_t dim) : layout_(layout), dim_(dim), exchange_(communicator) {}

  // The row of every node to all nodes that it has an edge to (gossip, compressed or not). Returns the halo, which the next call changes.
  const NodeMatrix& rows(const NeighborPlan& plan, const NodeMatrix& x);
  // Along every edge a row of its own (RelaySum's messages). Row e of the outbox is for the e-th of the edges that begin at a node of this rank, row e of the
  // inbox becomes what came along the e-th of those that end at one. Here the list is whole, and every edge stands in it once.
  void messages(std::span<const Edge> edges, const NodeMatrix& outbox, NodeMatrix& inbox);

 private:
  NodeLayout layout_;
  std::size_t dim_;
  std::unique_ptr<NodeMatrix> halo_;
  std::vector<Send> sends_;
  std::vector<Receive> receives_;
  RowExchange exchange_;
};

}  // namespace xib
