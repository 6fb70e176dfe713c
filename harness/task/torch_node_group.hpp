#pragma once

#include "harness/task/torch_replicas.hpp"

#include <ATen/ATen.h>

#include <vector>

namespace xib {

// Neighbouring nodes whose gradients one pass computes (Network::together): all of a group, or those of it that this rank has. Which nodes are a group, and
// each one's place in it, follows from node ids, and the others of a group are there as zeros, so bits do not depend on the number of ranks. Only torch_*.cpp
// include it.
class NodeGroup {
 public:
  virtual ~NodeGroup() = default;
  // Overwrites the gradients' rows, changes the buffers'. A mean loss per node; on a device nothing is waited for.
  virtual at::Tensor gradients() = 0;
};

// rows: of all nodes of `setup`, the same memory every time; nodes: some of one group, counted from setup's first.
std::unique_ptr<NodeGroup> make_node_group(const ReplicaSetup& setup, const ReplicaRows& rows, const NodeBlock& nodes);

// The groups that cover `count` nodes from id `first` on, counted from `first`.
std::vector<NodeBlock> node_groups(int together, int first, int count);

}  // namespace xib
