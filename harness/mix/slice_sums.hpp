#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/column_exchange.hpp"
#include "harness/mix/node_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace xib {

// Sums over all columns, whose bits do not depend on how the columns are spread over ranks. Columns are cut into pieces; who has the rows of a piece hands
// in its numbers, and they are added piece by piece within a slice of ColumnSlices, then slice by slice. A piece is a slice, or, where there are more
// ranks than slices and more than 64 nodes, a tile of 256 columns, as slices are themselves summed tile by tile: so every rank has columns.
// Up to 64 nodes every rank gets the numbers of all pieces. Beyond, every rank adds up its share of the numbers, as in a reduce-scatter.
class SliceSums {
 public:
  static constexpr int kFew = 64;  // nodes

  SliceSums(Communicator& communicator, NodeLayout layout, std::size_t dim);

  const ColumnBounds& columns() const { return columns_; }                         // of every rank
  std::span<const std::size_t> pieces() const { return pieces_of(layout_.rank); }  // of this rank: where each begins, and the end

  // part: piece by piece the `shared` numbers that all ranks ask for, then the `kept` that rank 0 asks for. Result: their sums; without the kept numbers on
  // ranks other than 0 where there are more than 64 nodes.
  std::vector<double> operator()(std::span<const double> part, std::size_t shared, std::size_t kept);

  // Bytes that all nodes together send with one node per rank, all-to-all of the columns included.
  static std::int64_t bytes(int nodes, std::size_t dim, std::size_t shared, std::size_t kept);
  // Bytes of memory that a rank needs beside the columns themselves.
  static double memory(int nodes, int ranks, std::size_t dim, double numbers);

 private:
  std::size_t first_piece(int rank) const;
  std::span<const std::size_t> pieces_of(int rank) const;
  std::vector<double> sum_everywhere(std::span<const double> part, std::size_t numbers);
  // Of numbers offset .. offset + count of each piece this rank's share, summed.
  std::vector<double> sum_share(std::span<const double> part, std::size_t width, std::size_t offset, std::size_t count);
  std::vector<double> share_with_all(std::span<const double> mine, std::size_t count);
  void bring_to_0(std::span<const double> mine, std::span<double> all);

  Communicator& communicator_;
  NodeLayout layout_;
  std::vector<std::size_t> bounds_;  // pieces + 1
  std::vector<bool> ends_slice_;     // pieces
  ColumnBounds columns_;
};

}  // namespace xib
