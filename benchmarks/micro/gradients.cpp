#include "harness/core/random.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/torch_replicas.hpp"
#include "harness/task/torch_task.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <vector>

namespace xib::micro {
namespace {

struct Case {
  const char* model;
  ModelOptions options;
  ImageShape input;
};
const Case kCases[] = {{"cnn", {}, {1, 28, 28}},           {"cnn", {}, {3, 32, 32}},      {"cnn", {.norm = "group"}, {1, 28, 28}},
                       {"cnn", {.width = 2}, {1, 28, 28}}, {"resnet20", {}, {3, 32, 32}}, {"resnet20", {.norm = "group"}, {3, 32, 32}},
                       {"mlp(128)", {}, {1, 28, 28}},      {"logistic", {}, {1, 28, 28}}};

constexpr int kNodes = 4;
constexpr std::int64_t kBatch = 32;

// Everything that a pass reads and writes, the same in every run.
struct Memory {
  NodeMatrix x, g, buffers;
  std::vector<float> pixels;
  std::vector<std::int64_t> labels;

  explicit Memory(const Network& network)
      : x(kNodes, network.dim), g(kNodes, network.dim), buffers(kNodes, network.buffer_dim), pixels(kNodes * kBatch * network.input.pixels()) {
    for (int k = 0; k < kNodes; ++k) draw_initial_model(network, static_cast<std::uint64_t>(1 + k), x.row(k), buffers.row(k));
    RandomStream random(1, Purpose::synthetic_data);
    for (float& p : pixels) p = static_cast<float>(random.normal());
    for (std::int64_t k = 0; k < kNodes * kBatch; ++k) labels.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(network.classes))));
  }
  ReplicaRows rows(int first) {
    const auto samples = static_cast<std::size_t>(first * kBatch);
    return {x.row(first).data(),       g.row(first).data(), x.stride(),
            buffers.row(first).data(), buffers.stride(),    pixels.data() + samples * pixels.size() / (kNodes * kBatch),
            labels.data() + samples};
  }
};

// Gradients of the four nodes: of each by itself (together = 1, as the CPU computes them), or of so many in one pass.
class Passes {
 public:
  Passes(const Network& network, int together, Memory& memory) : memory_(memory), together_(together) {
    for (int k = 0; k < kNodes; k += together) {
      const ReplicaSetup setup{.network = network, .objective = cross_entropy(), .nodes = together, .batch = kBatch};
      passes_.push_back(together == 1 ? make_node_replicas(setup, 0) : make_grouped_replicas(setup));
    }
  }
  void compute() {
    for (std::size_t k = 0; k < passes_.size(); ++k) passes_[k]->gradients(memory_.rows(static_cast<int>(k) * together_));
  }
  std::vector<double> losses() const {
    std::vector<double> losses(kNodes);
    for (std::size_t k = 0; k < passes_.size(); ++k)
      passes_[k]->losses(std::span(losses).subspan(k * static_cast<std::size_t>(together_), static_cast<std::size_t>(together_)));
    return losses;
  }

 private:
  Memory& memory_;
  int together_;
  std::vector<std::unique_ptr<Replicas>> passes_;
};

// One thread: ms per node. Wrong: losses that differ by more than two passes can from those of each node by itself (sqrt(60) roundings of 2^-24 each
// way: 6.5e-7, as in task.torch_replicas_test).
void gradients(benchmark::State& state, const Case& c, int together) {
  use_one_torch_thread();
  const Network network = make_network(Term::parse(c.model), c.options, c.input, 10);
  Memory memory(network), memory_alone(network);
  Passes passes(network, together, memory), alone(network, 1, memory_alone);
  passes.compute();
  alone.compute();
  const auto found = passes.losses(), expected = alone.losses();
  std::int64_t wrong = 0;
  for (std::size_t k = 0; k < kNodes; ++k) wrong += !(std::abs(found[k] - expected[k]) <= 1e-6 * expected[k]);
  for (auto _ : state) passes.compute();
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["per_node"] = benchmark::Counter(kNodes, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const bool registered = [] {
  for (const Case& c : kCases)
    for (const int together : {1, 2, 4}) {
      const auto name =
          fmt::format("gradients/{}/width:{}/norm:{}/{}x{}/together:{}", c.model, c.options.width, c.options.norm, c.input.height, c.input.channels, together);
      benchmark::RegisterBenchmark(name.c_str(), [&c, together](benchmark::State& state) { gradients(state, c, together); })->Unit(benchmark::kMillisecond);
    }
  return true;
}();

}  // namespace
}  // namespace xib::micro
