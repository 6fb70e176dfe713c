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

// Directed edge: one node sends, the other receives. An undirected edge is two of them.
struct Edge {
  int from, to;
  bool operator==(const Edge&) const = default;
};

// Plan of the rows that cross between ranks when every node sends its row along a list of edges. All ranks must give the same list; they may leave out edges
// between two nodes of one rank, because these rows are already there.
class NeighborPlan {
 public:
  NeighborPlan(NodeLayout layout, std::span<const Edge> edges);
  int halo() const { return static_cast<int>(receives_.size()); }  // number of nodes of other ranks that have an edge to a node of this rank
  // Place of the row of a node that has an edge to a node of this rank: its row of x, or the count of x + its row of the halo.
  int source(int node) const;

 private:
  friend class NeighborExchange;
  struct Part {
    int rank, row;
  };
  NodeLayout layout_;
  std::map<int, int> halo_row_;         // node -> row of the halo
  std::vector<Part> sends_, receives_;  // rows of x; rows of the halo. Each is there once per rank, for any number of edges; nodes ascend
};

// Exchange of rows of `dim` floats from nodes to their neighbours on any ranks, in host memory or on devices, in one grouped exchange between the ranks.
// Collective.
class NeighborExchange {
 public:
  NeighborExchange(Communicator& communicator, NodeLayout layout, std::size_t dim) : layout_(layout), dim_(dim), exchange_(communicator) {}

  // Sends the row of every node to all nodes that it has an edge to (gossip, compressed or not). Returns the halo; the next call overwrites it.
  const NodeMatrix& rows(const NeighborPlan& plan, const NodeMatrix& x);
  // Sends a different row along every edge (as RelaySum does). Row e of the outbox is for the e-th of the edges that begin at a node of this rank; row e of the
  // inbox receives the row of the e-th of the edges that end at one. The list must have all edges, each once.
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
