#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/column_slices.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/mix/row_exchange.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace xib {

// Result of one exact measurement; the same numbers on every rank.
struct ConsensusMoments {
  std::vector<double> squared_distance;  // n: ‖x_i - x̄‖²
  double distance = 0;                   // Ξ = sqrt((1/n) Σ ‖x_i - x̄‖²)
  double mean_norm = 0;                  // ‖x̄‖
  std::vector<double> gram;              // n x n, <x_i - x̄, x_j - x̄>; empty unless asked for
};

enum class Gram { no, yes };

// Exact statistics of the rows of a node matrix over all ranks. Every rank takes some column slices of all n rows (one
// all-to-all), so that sums run over nodes in ascending order, in double, on whatever number of ranks and threads: same bits.
// With equal rows the mean is that row to the last bit (n·x is exact in double for n < 2^29).
// Traffic of all nodes with one node per rank: measure (n-1)·(4·dim + 8·numbers·slices) bytes, half an all-reduce and the sums of every slice, with
// numbers = n + 1, with a Gram matrix n(n+1)/2 more, and slices as in ColumnSlices; mean and average (n-1)·8·dim bytes, an all-reduce.
class NodeStatistics {
 public:
  NodeStatistics(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim);

  ConsensusMoments measure(const NodeMatrix& x, Gram gram = Gram::no);
  void mean(const NodeMatrix& x, std::span<float> mean);  // dim floats in host memory, on every rank
  void average(NodeMatrix& x);                            // every row becomes the mean

  // Bytes that all nodes together send with one node per rank.
  std::int64_t measure_bytes(Gram gram) const;
  std::int64_t average_bytes() const { return 2 * std::int64_t{layout_.nodes - 1} * static_cast<std::int64_t>(dim_) * 4; }

 private:
  struct Columns {
    std::size_t begin, end;
    std::size_t size() const { return end - begin; }
  };
  int first_slice(int rank) const { return static_cast<int>(static_cast<std::int64_t>(rank) * slices_.count / layout_.ranks); }
  Columns columns(int rank) const;  // the columns of a rank's slices
  void collect(const NodeMatrix& x);
  std::vector<double> sum_slices(Gram gram);                            // of my slices, on the host
  std::vector<double> sum_slices_on_device(Device& device, Gram gram);  // the same numbers
  void share_mean(std::span<float> mean, Device* device);
  void sum_means(std::span<float> mean);
  float* mean_on_device(const NodeMatrix& x);

  Communicator& communicator_;
  RowExchange exchange_;
  ThreadPool& pool_;
  NodeLayout layout_;
  std::size_t dim_;
  ColumnSlices slices_;
  std::vector<const float*> rows_;           // n: where row i begins, shifted so that rows_[i][c] is column c for c in my columns
  std::vector<std::size_t> outbox_, inbox_;  // per rank, and the end: where its message begins among all of them
  std::vector<float> host_boxes_;
  DeviceArray<float> device_boxes_, device_mean_;
  std::vector<std::vector<double>> scratch_;  // per worker
  std::vector<float> mean_;
};

// Σ a_k b_k in double, over 8 fixed lanes: the same bits on every machine that has IEEE doubles.
double dot(std::span<const float> a, std::span<const float> b);

}  // namespace xib
