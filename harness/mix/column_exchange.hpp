#pragma once

#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/mix/row_exchange.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace xib {

// Which rank owns which columns: rank r has bounds[r] .. bounds[r + 1], ranks + 1 numbers from 0 to dim.
using ColumnBounds = std::vector<std::size_t>;

// Shares of the same size for all ranks, which begin at multiples of 16 floats.
ColumnBounds equal_columns(int ranks, std::size_t dim);

// From the rows that a rank owns to columns of all rows, by one all-to-all, and back for a single row. Both send one message to each other rank: what
// arrives at a rank is its share of the columns, n/ranks times the floats of an all-reduce's first half, and as many as its second half.
class ColumnExchange {
 public:
  ColumnExchange(Communicator& communicator, NodeLayout layout) : exchange_(communicator), layout_(layout), rows_(static_cast<std::size_t>(layout.nodes)) {}

  // n addresses: rows[i][c] is column c of node i, for the columns c of this rank. They hold until the next call.
  std::span<const float* const> rows(const NodeMatrix& x, const ColumnBounds& bounds);
  // `row`: on every rank its own columns, then all of them.
  void share(std::span<float> row, const ColumnBounds& bounds, Device* device);

 private:
  RowExchange exchange_;
  NodeLayout layout_;
  std::vector<const float*> rows_;
  std::vector<float> host_;
  DeviceArray<float> on_device_;
  std::vector<Send> sends_;
  std::vector<Receive> receives_;
};

}  // namespace xib
