#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/control/gauge.hpp"
#include "harness/control/method.hpp"
#include "harness/control/policy.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"
#include "harness/mix/push_sum.hpp"
#include "harness/mix/sketch.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace xib {

// Settings of one phase.
struct PhaseControl {
  MixingSchedule schedule;  // rows of W sum to 1; or columns, for algorithms that use push_sum_weights()
  std::unique_ptr<ConsensusPolicy> policy;
};

// Facts about ∇f at the mean model that a task knows: ‖∇f(x̄)‖², and σ²(x̄), the variance of a node's mini-batch gradient there.
struct FullGradient {
  double norm2 = kNaN, variance = kNaN;
};
using FullGradientAt = std::function<FullGradient(std::span<const float> mean)>;

// Position in training when the nodes communicate.
struct Position {
  std::int64_t step = 0, phase_step = 0;
  int phase = 1;  // from 1
  double epoch = 0, lr = 0, lr_max = 0;
};

// Outcome of one communication.
struct Communicated {
  bool exact = false, reached = true;
  int rounds = 0;
  double target = kNaN, critical = kNaN;
  double distance_before = kNaN, distance = kNaN, mean_norm = kNaN;  // distance: after mixing
  double displacement = kNaN;                                        // Θ, under the gauge of this name
  double strength = kNaN;                                            // γ of x <- (1-γ) x + γ W x in the rounds; NaN: none was mixed
  std::int64_t bytes = 0, gauge_bytes = 0;                           // of all nodes together, with one node per rank
  std::int64_t decision_bytes = 0;                                   // part of gauge_bytes that the policy needed to decide; the rest is for the record
  double by_gram = kNaN, measurements = kNaN;  // how it was decided: 1 by a Gram matrix, 0 without; measurements of Ξ. NaN: control.method is not set
};

// Local step of the nodes that is still to be done, in one of two ways with the same bits; one of the two is called, once.
struct LocalStep {
  std::function<void()> everywhere;
  std::function<ColumnWork()> by_columns;  // for rows in host memory
};

// Controller that carries out the consensus policy of the current phase on the rows of a node matrix: it measures what the policy needs, lets rank 0 decide,
// mixes, and measures again for the record; or, by the loop, mixes and measures in turns. `gauge` takes the measurements that are only for the record, every
// `measure_every` steps (0: never).
class ConsensusController {
 public:
  ConsensusController(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, std::vector<PhaseControl> phases,
                      std::int64_t measure_every, FullGradientAt full_gradient = {}, const Gauge& gauge = {}, const Method& method = {});

  // x: models, after the local step unless `local` has still to do it; g: this step's mini-batch gradients; gradient_norm2: ‖g_i‖² of this rank's nodes.
  // local: done first, in the pass over memory that mixes and measures where there is one; null: the models have already moved.
  Communicated communicate(NodeMatrix& x, const NodeMatrix& g, std::span<const double> gradient_norm2, const Position& at, Stopwatch& watch,
                           const LocalStep* local = nullptr);
  // Does to `other` what communicate() has just done to the models (exact averaging, or the same rounds), and adds the bytes to `done`.
  void communicate_alike(NodeMatrix& other, const Position& at, Communicated& done, Stopwatch& watch);
  // For algorithms that communicate in another way: only measures Ξ of x, if a measurement is due.
  Communicated observe(const NodeMatrix& x, const Position& at, Stopwatch& watch);

  // Weights w_i of this rank's nodes before the next communication, if W of a phase has columns that sum to 1: the mixed models z_i then stand for
  // x_i = w_i z_i (mix/push_sum.hpp). Empty if the rows of every W sum to 1, because all w_i are then 1.
  std::span<const double> push_sum_weights(const Position& at);

  std::span<const double> squared_distances() const { return squared_distances_; }  // n, of the last step; empty: not measured
  NodeStatistics& statistics() { return statistics_; }
  const MixingSchedule& schedule(int phase) const { return phases_[static_cast<std::size_t>(phase - 1)].schedule; }  // W as it was given

  // Rounds done, states of the policies, weights of push-sum. Keep that of rank 0, because only rank 0 decides from measurements; restore it on all ranks.
  std::vector<double> state() const;
  void restore(std::span<const double> state);

 private:
  struct Phase {
    MixingSchedule schedule;
    std::unique_ptr<ConsensusPolicy> policy;
    std::unique_ptr<Mixer> mixer;
    std::int64_t rounds_done = 0;
    std::unique_ptr<PushSum> push_sum = nullptr;         // null: every W of the run has rows that sum to 1
    std::optional<MixingSchedule> push_sum_gossip = {};  // then its matrices
    int rounds_before = 0, measurements_before = 0;      // of the last step that had a target: rounds, and what the loop takes for them; 0: there was none
    const MixingSchedule& gossip() const { return push_sum ? *push_sum_gossip : schedule; }
  };
  Phase& enter(int phase);  // with the weights of the phase before
  bool due(std::int64_t step) const { return measure_every_ > 0 && step % measure_every_ == 0; }
  ConsensusMoments measure_unjudged(const NodeMatrix& x, Gram gram, Communicated& done);  // Ξ may be no finite number
  ConsensusMoments measure(const NodeMatrix& x, Gram gram, const Position& at, Communicated& done);
  static void require_finite(double distance, const Position& at);                      // throws Diverged
  ConsensusMoments gauge(const NodeMatrix& x, const Position& at, Communicated& done);  // by the gauge; NaN and empty: what it does not tell
  // How the rounds of this step are found, of a phase whose policy needs a Gram matrix: never automatic.
  Method::Kind method_of(const Phase& phase, const Position& at) const;
  Decision decide(Phase& phase, const NodeMatrix& x, const NodeMatrix& g, std::span<const double> gradient_norm2, const Position& at,
                  const ConsensusMoments& before, Method::Kind method, Communicated& done);
  void mix(Phase& phase, NodeMatrix& x, int rounds, double strength, bool record, Communicated& done, Stopwatch& watch);
  // Does `move` (empty: nothing), measures if `before` asks for it, mixes, and measures, in one pass over memory. The first Ξ is not judged. Only where
  // in_one_pass().
  ConsensusMoments mix_measured(Phase& phase, NodeMatrix& x, const ColumnWork& move, bool before, int rounds, double strength, const Position& at,
                                Communicated& done, Stopwatch& watch);
  // The models can be measured while they are mixed.
  bool in_one_pass(const NodeMatrix& x, bool record) const;
  // Adds these rounds and their bytes to the phase and the step.
  void count_rounds(Phase& phase, int rounds, double strength, Communicated& done);
  // Mixes the first rounds of a decision and measures Ξ, and mixes and measures in turns until Ξ is at the target.
  void mix_on(Phase& phase, NodeMatrix& x, const Decision& decision, bool record, const Position& at, ConsensusMoments& moments, Communicated& done,
              Stopwatch& watch);

  Communicator& communicator_;
  NodeLayout layout_;
  NodeStatistics statistics_;
  std::vector<Phase> phases_;
  int entered_ = 0;             // phase of the last communication; 0: there was none
  bool weights_taken_ = false;  // of push-sum, in this step
  std::int64_t measure_every_;
  Gauge gauge_;
  Method method_;
  DecisionCost cost_;
  std::unique_ptr<Sketch> sketch_;
  std::vector<double> moved_;
  FullGradientAt full_gradient_;
  std::vector<float> mean_;
  std::vector<double> squared_distances_;
};

}  // namespace xib
