#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/column_exchange.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/mix/slice_sums.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace xib {

// Result of one exact measurement; the same numbers on every rank, but for the Gram matrix of more than 64 nodes.
struct ConsensusMoments {
  std::vector<double> squared_distance;  // n: ‖x_i - x̄‖²
  double distance = 0;                   // Ξ = sqrt((1/n) Σ ‖x_i - x̄‖²)
  double mean_norm = 0;                  // ‖x̄‖
  std::vector<double> gram;              // n x n, <x_i - x̄, x_j - x̄>; empty unless asked for, and with more than 64 nodes on ranks other than 0
};

enum class Gram { no, yes };

// Exact statistics of the rows of a node matrix over all ranks. Every rank takes some columns of all n rows (one all-to-all), so that sums run over nodes in
// ascending order, in double, and over columns as SliceSums adds them: same bits on whatever number of ranks and threads.
// With equal rows the mean is that row to the last bit (n·x is exact in double for n < 2^29).
// Traffic of all nodes with one node per rank: mean and average (n-1)·8·dim bytes, an all-reduce; measure half of it, (n-1)·4·dim, and the sums, with
// numbers = n + 1, with a Gram matrix n(n+1)/2 more: up to 64 nodes (n-1)·8·numbers·slices bytes, with slices as in ColumnSlices; beyond about
// (1-1/n)·8·numbers·dim/256, to each rank its share of them, (n-1)·8·(n+1) to make known the distances, and 4·n² to bring the Gram matrix to rank 0.
class NodeStatistics {
 public:
  NodeStatistics(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim);

  ConsensusMoments measure(const NodeMatrix& x, Gram gram = Gram::no);
  // Moves the rows of x (a local step; empty: not at all), measures them if `before` asks for it, changes them (gossip), and measures again, in one pass over
  // memory. Only where measures_around(x); the bits are those of one after the other.
  struct Around {
    ConsensusMoments before, after;
    double moving = 0, measuring = 0;  // shares of the time of the pass
  };
  Around measure_around(NodeMatrix& x, const ColumnWork& move, bool before, const ColumnWork& change);
  // All rows are in host memory of this rank, and there are slices enough for its threads.
  bool measures_around(const NodeMatrix& x) const;
  void mean(const NodeMatrix& x, std::span<float> mean);  // dim floats in host memory, on every rank
  void average(NodeMatrix& x);                            // every row becomes the mean

  // Bytes that all nodes together send with one node per rank.
  std::int64_t measure_bytes(Gram gram) const { return measure_bytes(layout_.nodes, dim_, gram); }
  static std::int64_t measure_bytes(int nodes, std::size_t dim, Gram gram);
  std::int64_t average_bytes() const { return 2 * std::int64_t{layout_.nodes - 1} * static_cast<std::int64_t>(dim_) * 4; }

 private:
  using RowsOf = std::span<const float* const>;  // n addresses, of columns of this rank
  // Adds the numbers of columns begin .. end, whole tiles of a piece that ends at `stop`, to `out`: n squared distances, ‖mean‖², pairs.
  void add_tiles(RowsOf rows, std::size_t begin, std::size_t end, std::size_t stop, Gram gram, int worker, double* out);
  std::vector<double> sum_pieces(RowsOf rows, Gram gram);                     // numbers of each of my pieces, on the host
  std::vector<double> sum_pieces_on_device(Device&, RowsOf rows, Gram gram);  // the same numbers
  ConsensusMoments moments_of(std::span<const double> part, Gram gram);       // from the numbers of my pieces
  // Means of columns of this rank; `then` gets each run of them while it is in cache.
  void sum_means(RowsOf rows, std::span<float> mean, const std::function<void(std::size_t begin, std::size_t count)>& then = {});
  float* mean_on_device(const NodeMatrix& x);

  ColumnExchange exchange_;
  ThreadPool& pool_;
  NodeLayout layout_;
  std::size_t dim_;
  SliceSums sums_;
  ColumnBounds columns_;  // for means, which need no slices: every column is summed by itself
  DeviceArray<float> device_mean_;
  std::vector<std::vector<double>> scratch_;  // per worker
};

// Σ a_k b_k in double, over 8 fixed lanes: the same bits on every machine that has IEEE doubles.
double dot(std::span<const float> a, std::span<const float> b);

}  // namespace xib
