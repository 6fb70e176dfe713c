#pragma once

#include "tests/equivalence/traced_run.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

// Harness and twin on numbers that both represent: integers, rates and weights that are powers of two (or short sums of them), few
// steps. Every step appends at most 8 bits to numbers below 2^8, so that for the numbers of steps here all intermediate results fit
// the 24 bits of a float, and Ξ² (twice the bits, summed) the 53 of a double: the two must agree to the last bit.
namespace xib::equivalence {

inline constexpr int kNodes = 8;          // a power of two: means are exact
inline constexpr std::int64_t kDim = 70;  // more than one block of columns of the mixer

inline double centre(int node, std::size_t k) { return static_cast<double>((7 * node + 3 * static_cast<int>(k)) % 33 - 16); }

// f_i(x) = 1/2 ‖x - b_i‖² with integers b_i and no noise.
class Pull final : public Task {
 public:
  Pull(NodeLayout layout, std::int64_t steps_per_epoch) : layout_(layout), steps_per_epoch_(steps_per_epoch) {}
  std::size_t dim() const override { return kDim; }
  std::int64_t steps_per_epoch() const override { return steps_per_epoch_; }
  std::int64_t batch_size() const override { return 1; }
  void initial_model(std::span<float> model, std::span<float>) const override { std::fill(model.begin(), model.end(), 4.0f); }
  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix&) override { x_ = &x, g_ = &g; }
  double gradient(int local, std::int64_t, double*) override {
    double loss = 0;
    for (std::size_t k = 0; k < dim(); ++k) {
      const double d = static_cast<double>(x_->row(local)[k]) - centre(layout_.mine().first + local, k);
      g_->row(local)[k] = static_cast<float>(d);
      loss += d * d / 2;
    }
    return loss;
  }
  int evaluation_batches(Split) const override { return 0; }
  std::vector<Metric> metrics() const override { return {mean_loss()}; }
  std::size_t evaluation_sums() const override { return 1; }
  void evaluate_batch(std::span<const float>, std::span<const float>, Split, int, int, std::span<double>) override {}
  std::vector<double> score(std::span<const double> sums) const override { return {sums[0]}; }

 private:
  NodeLayout layout_;
  std::int64_t steps_per_epoch_;
  NodeMatrix *x_ = nullptr, *g_ = nullptr;
};

inline reference::Problem twin_problem() {
  return {.nodes = kNodes,
          .initial = reference::Vector(kDim, 4.0),
          .gradient =
              [](int node, std::int64_t, const reference::Vector& x) {
                reference::Vector g(x.size());
                for (std::size_t k = 0; k < x.size(); ++k) g[k] = x[k] - centre(node, k);
                return g;
              },
          .loss =
              [](int node, std::int64_t, const reference::Vector& x) {
                double loss = 0;
                for (std::size_t k = 0; k < x.size(); ++k) loss += (x[k] - centre(node, k)) * (x[k] - centre(node, k)) / 2;
                return loss;
              }};
}

inline RunConfig config_of(const std::string& algorithm, std::int64_t epochs, std::vector<std::string> policies) {
  RunConfig c;
  c.train.nodes = kNodes;
  c.train.algorithm = algorithm;
  c.train.epochs = epochs;
  c.train.lr = 0.5;
  c.train.momentum = 0;
  c.train.nesterov = false;
  c.train.weight_decay = 0;
  c.control.policy = std::move(policies);
  for (std::size_t k = 1; k < c.control.policy.size(); ++k) c.train.phases.push_back(static_cast<std::int64_t>(k));
  c.topology.name.assign(c.control.policy.size(), "ring");
  return c;
}

inline Traced harness(Places places, const RunConfig& c, std::int64_t steps_per_epoch, const MixingSchedule& schedule) {
  return traced_run(places, [&](Communicator& communicator, const Machine& machine) {
    const NodeLayout layout{kNodes, communicator.size(), communicator.rank()};
    std::vector<PhaseControl> phases;
    for (const auto& policy : c.control.policy) phases.push_back({schedule, make_policy(policy, "policy", {})});
    return std::make_unique<Run>(c, communicator, machine, std::make_unique<Pull>(layout, steps_per_epoch), std::move(phases));
  });
}

inline void check_same(const Traced& a, const reference::Trace& b) {
  CHECK(largest_difference(a.after, b) == 0);
  REQUIRE(a.record.steps.size() == b.size());
  for (std::size_t t = 0; t < b.size(); ++t) {
    const StepRow& row = a.record.steps[t];
    CHECK(row.step == static_cast<std::int64_t>(t));
    CHECK(row.train_loss == b[t].loss);
    CHECK(row.consensus_distance_before == b[t].distance_before);
    CHECK(row.consensus_distance == b[t].distance_after);
    CHECK(row.gossip_rounds == b[t].rounds);
    CHECK((row.communication != 0) == b[t].exact);
    CHECK((row.target_reached == 1) == b[t].reached);
    CHECK((row.target_distance == b[t].target || (std::isnan(row.target_distance) && std::isnan(b[t].target))));
  }
}

inline const MixingSchedule kRing = test::fixed(test::circulant(kNodes, {1, -1}, 0.25));
inline const reference::LearningRate kHalf = [](std::int64_t) { return 0.5; };

}  // namespace xib::equivalence
