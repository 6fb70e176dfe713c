#pragma once

#include "harness/mix/node_matrix.hpp"

#include <span>
#include <string>
#include <vector>

namespace xib {

// What an algorithm or an optimizer keeps from step to step, for checkpoints: the run goes on from it on any number of ranks. What lies in it refers to the
// owner's members, which are read when the run is saved and written when it is resumed.
struct KeptState {
  // Rows of this rank. Row r of all ranks together is held by node holders[r] (ascending) and lies on that node's rank; empty: one row per node.
  // Rows per edge name the node at the end that keeps them: holders_of(edges).
  struct Rows {
    std::string name;
    NodeMatrix* matrix;
    std::vector<int> holders = {};
  };
  // Plain numbers, which are the same on all ranks.
  struct Numbers {
    std::string name;
    std::span<double> values;
  };
  std::vector<Rows> rows = {};
  std::vector<Numbers> numbers = {};
};

}  // namespace xib
