#pragma once

#include "harness/mix/node_matrix.hpp"

#include <span>
#include <string>
#include <vector>

namespace xib {

// State that an algorithm or an optimizer keeps from step to step, for checkpoints: a run continues from it on any number of ranks. It refers to members of
// its owner: saving a run reads them, resuming writes them.
struct KeptState {
  // Rows of this rank. Row r of all ranks together belongs to node holders[r] (ascending) and lies on that node's rank; for rows per edge this is the node at
  // the end that keeps the row. holders empty: one row per node.
  struct Rows {
    std::string name;
    NodeMatrix* matrix;
    std::vector<int> holders = {};
  };
  // Plain numbers, the same on all ranks.
  struct Numbers {
    std::string name;
    std::span<double> values;
  };
  std::vector<Rows> rows = {};
  std::vector<Numbers> numbers = {};
};

}  // namespace xib
