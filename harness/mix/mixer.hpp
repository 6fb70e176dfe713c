#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/mix/neighbor_exchange.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace xib {

// Mixer that does gossip rounds: x_i += γ Σ_{j≠i} w_ij (x_j - x_i), in float, j ascending, on the rows of all ranks. The difference form keeps consensus fixed
// to the last bit. One grouped halo exchange per round brings the rows of other ranks. On one rank all rounds of a block of columns run in cache: memory is
// read and written once for any number of rounds, with the bits of one round at a time. Traffic with one node per rank: one message of dim floats per
// off-diagonal entry of W and round.
class Mixer {
 public:
  // The schedule, communicator and pool must outlive the mixer. Rows of W must sum to 1, else the mean would drift; other matrices are refused.
  Mixer(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, const MixingSchedule& schedule);

  // Does rounds first, first + 1, ..., first + count - 1 of the schedule; strength is γ. `moved` has one number per row of x, or none: it receives how far the
  // first round moved each row, ‖γ Σ_j w_ij (x_j - x_i)‖².
  void rounds(NodeMatrix& x, std::int64_t first, int count, double strength = 1, std::span<double> moved = {});

  // The same rounds, at least one, for rows that are all in host memory of this rank; valid until the next call of rounds() or by_columns().
  ColumnWork by_columns(NodeMatrix& x, std::int64_t first, int count, double strength);

  std::int64_t bytes(std::int64_t round);  // bytes that all nodes together send in this round with one node per rank

 private:
  // One round as this rank sees it: an edge for every off-diagonal entry of W.
  struct Round {
    NeighborPlan neighbors;
    std::vector<std::vector<MixTerm>> rows;  // per local row, without the diagonal; sources are local rows (0..count-1), then halo rows
    std::vector<float> ring;                 // gossip_ring.hpp: weights of its edges, if the nodes are a ring and all of them are here; else empty
    std::int64_t links = 0;                  // off-diagonal entries of the whole W
  };
  const Round& round(std::int64_t t);
  void choose(std::int64_t first, int count);  // the current rounds
  Round plan(const MixingMatrix& w) const;
  void mix_on_device(NodeMatrix& x, std::span<const Round* const> rounds, float strength, std::span<double> moved) const;
  // A thread's own: a copy of the columns that one round takes, or two of those that several take, and where the rows begin in x (halo rows follow) and in
  // the two copies.
  struct Scratch {
    explicit Scratch(std::size_t rows);
    NodeMatrix memory;
    std::vector<const float*> x, halves[2];
    std::vector<float> weights;  // of a ring, times γ
  };
  // Columns begin .. end, of which begin is a multiple of 16, and of a block if steps are measured. moved_blocks: where the squared steps of the first round
  // go, per row and block of columns; null: nowhere.
  void mix_columns(NodeMatrix& x, std::span<const Round* const> rounds, std::size_t begin, std::size_t end, float strength, Scratch& scratch,
                   double* moved_blocks) const;

  ThreadPool& pool_;
  NodeLayout layout_;
  std::size_t dim_;
  const MixingSchedule& schedule_;
  std::map<std::int64_t, Round> plans_;  // by round modulo period; of a random schedule: those of the current call
  std::vector<Scratch> scratch_;         // per worker
  NeighborExchange exchange_;
  const NodeMatrix* halo_ = nullptr;  // of the current round
  std::vector<const Round*> current_;
  std::vector<double> moved_blocks_;
};

}  // namespace xib
