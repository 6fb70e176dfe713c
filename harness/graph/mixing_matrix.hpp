#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/term.hpp"
#include "harness/graph/topology.hpp"

namespace xib {

struct Weight {
  int node;      // j
  double value;  // w_ij
  bool operator==(const Weight&) const = default;
};

// Matrix W of x_i <- sum_j w_ij x_j: sparse rows, columns ascending, the diagonal always present.
class MixingMatrix {
 public:
  enum class Stochastic { rows, columns };  // columns: for push-sum, where rows need not sum to 1
  // Throws Error(input) if a row (column) does not sum to 1 within n * 2^-52, an entry repeats or is out of range, or a weight is negative or not finite.
  explicit MixingMatrix(std::vector<std::vector<Weight>> rows, Stochastic stochastic = Stochastic::rows);
  int size() const { return static_cast<int>(rows_.size()); }
  std::span<const Weight> row(int node) const { return rows_[static_cast<std::size_t>(node)]; }
  double at(int row, int column) const;  // 0 without an entry
  bool symmetric() const { return symmetric_; }
  bool doubly_stochastic() const { return doubly_stochastic_; }
  Stochastic stochastic() const { return stochastic_; }
  int max_degree() const;         // messages that the busiest node receives in a round
  std::int64_t messages() const;  // that all nodes together send in a round: entries off the diagonal

 private:
  std::vector<std::vector<Weight>> rows_;
  Stochastic stochastic_;
  bool symmetric_ = false, doubly_stochastic_ = false;
};

// Graph of the entries off the diagonal: who receives from whom. It is undirected if each entry has its mirror image.
Topology graph_of(const MixingMatrix& w);

// Facts about the distribution of a random schedule's matrices.
struct Law {
  bool exchangeable = false;                        // the distribution is the same after any renumbering of the nodes; or:
  int support_size = 0;                             // number of matrices, each with the same probability
  std::function<MixingMatrix(int k)> support = {};  // these matrices
  // Every support_size rounds take each matrix once, in an order that is drawn anew, so rounds are not independent. Only for matrices that commute: their
  // product is then the same in every order.
  bool reordered = false;
};
std::vector<MixingMatrix> support_of(const Law& law);

// Matrices of successive rounds: round t uses at(t). Static graphs have period 1, random ones period 0 (none).
class MixingSchedule {
 public:
  explicit MixingSchedule(std::vector<MixingMatrix> period);  // at least one, all of one size
  // generator: a pure function of the round, which gives the same matrix again for the same round.
  MixingSchedule(int nodes, std::function<MixingMatrix(std::int64_t round)> generator, Law law = {});
  int nodes() const { return nodes_; }
  std::int64_t period() const { return static_cast<std::int64_t>(matrices_.size()); }
  std::span<const MixingMatrix> matrices() const { return matrices_; }  // of the period; none if random
  // Valid until the next call of at() on this object. Not thread-safe when period() is 0.
  const MixingMatrix& at(std::int64_t round) const;
  const Law& law() const { return law_; }

 private:
  int nodes_;
  std::vector<MixingMatrix> matrices_;
  std::function<MixingMatrix(std::int64_t)> generator_;
  Law law_;
  mutable std::vector<MixingMatrix> current_;  // of a random schedule: the matrix of current_round_
  mutable std::int64_t current_round_ = -1;
};

// One row of the table of topologies, which the parser, `xibench topology` and the tests read.
struct TopologyInfo {
  std::string_view name;
  std::string_view arguments;  // as a user writes them: "rows, columns"; "": none
  std::string_view help;       // one line
  // Makes the matrices for n nodes. Throws Error(input) with a remedy if the graph does not exist for this n, e.g. "hypercube needs a power of two; 24 is not:
  // use torus". `weights` is a name of weight_rules(); `seed` is for random graphs.
  MixingSchedule (*make)(const Term& term, int nodes, std::string_view weights, std::uint64_t seed);
  std::string_view example = "";  // an example, if the name alone is not enough; "-": it needs a file
};
std::span<const TopologyInfo> topologies();

struct WeightsInfo {
  std::string_view name;
  std::string_view help;
};
std::span<const WeightsInfo> weight_rules();

// Makes the matrices of a name: make_mixing("torus(4, 8)", "uniform", 32, seed). Throws Error(input) for unknown names, with the nearest known one.
MixingSchedule make_mixing(std::string_view topology, std::string_view weights, int nodes, std::uint64_t seed);

}  // namespace xib
