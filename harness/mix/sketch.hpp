#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace xib {

// Unbiased estimate of Ξ² from k numbers per node instead of the models. S adds every column, with a random sign, to one of k buckets. S is linear, so
// (1/n) Σ ‖S x_i - S x̄‖² estimates Ξ². With M = (1/n) Σ (x_i - x̄)(x_i - x̄)ᵀ the estimate is
//   tr(S M Sᵀ) = tr M + Σ_{c≠c'} 1[c, c' share a bucket] s_c s_c' M_cc',
// whose mean is tr M = Ξ² and whose variance is 2 Σ_{c≠c'} P(c, c' share a bucket) M_cc'² <= (2/k) ‖M‖_F² <= (2/k) Ξ⁴. So the relative standard error of Ξ² is
// at most sqrt(2/k), and that of Ξ about half of it for large k. This needs independent signs, and P <= 1/k for any two columns: each run of k columns goes to
// the buckets in order, rotated by a random number, so columns of one run never share a bucket, and others do with probability 1/k. It takes one pass over the
// rows of this rank and gathers n·k doubles. All ranks use the same signs, with new ones for every key (the step). The bits do not depend on ranks and threads.
class Sketch {
 public:
  Sketch(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, int buckets, std::uint64_t seed);

  // Estimate of Ξ², the same on every rank; exactly 0 if all rows are equal.
  double squared_distance(const NodeMatrix& x, std::int64_t key);

  // Bytes that all nodes together send with one node per rank.
  std::int64_t bytes() const { return std::int64_t{layout_.nodes} * (layout_.nodes - 1) * buckets_ * 8; }

 private:
  // Runs first_run(s) .. first_run(s + 1) are slice s.
  std::size_t first_run(int slice) const { return runs_ * static_cast<std::size_t>(slice) / static_cast<std::size_t>(slices_); }
  void sketch_slice(const NodeMatrix& x, std::int64_t key, int slice);
  void sketch_on_device(const NodeMatrix& x, std::int64_t key);

  Communicator& communicator_;
  ThreadPool& pool_;
  NodeLayout layout_;
  std::size_t dim_;
  int buckets_;
  std::uint64_t seed_;
  std::size_t runs_;           // of k columns
  int slices_;                 // of whole runs: a function of dim and k only
  std::vector<double> parts_;  // slices x rows of this rank x k
  std::vector<double> mine_, all_;
  std::vector<int> counts_;
  std::vector<std::uint32_t> signs_, rotations_;  // of all runs, for a device
};

}  // namespace xib
