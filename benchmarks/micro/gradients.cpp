#include "harness/core/random.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/torch_node_group.hpp"
#include "harness/task/torch_task.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

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
  ReplicaRows rows() { return {x.data(), g.data(), x.stride(), buffers.data(), buffers.stride(), pixels.data(), labels.data()}; }
};

std::vector<std::unique_ptr<NodeGroup>> groups_of(const Network& network, Memory& memory) {
  const ReplicaSetup setup{.network = network, .objective = cross_entropy(), .nodes = kNodes, .batch = kBatch};
  std::vector<std::unique_ptr<NodeGroup>> groups;
  for (const NodeBlock& nodes : node_groups(network.together, 0, kNodes)) groups.push_back(make_node_group(setup, memory.rows(), nodes));
  return groups;
}

std::vector<double> losses_of(const Network& network) {
  Memory memory(network);
  const ReplicaSetup setup{.network = network, .objective = cross_entropy(), .nodes = kNodes, .batch = kBatch};
  const auto replicas = make_node_replicas(setup, 0);
  replicas->gradients(memory.rows());
  std::vector<double> losses(kNodes);
  replicas->losses(losses);
  return losses;
}

// Gradients of four nodes in groups, one thread: ms per node. Wrong: losses that differ by more than two passes can from those of each node by itself (sqrt(60)
// roundings of 2^-24 each way: 6.5e-7, as in task.torch_replicas_test).
void gradients(benchmark::State& state, const Case& c, int together) {
  use_one_torch_thread();
  Network network = make_network(Term::parse(c.model), c.options, c.input, 10);
  network.together = 1;
  const auto expected = losses_of(network);
  network.together = together;
  const auto found = losses_of(network);
  std::int64_t wrong = 0;
  for (std::size_t k = 0; k < kNodes; ++k) wrong += !(std::abs(found[k] - expected[k]) <= 1e-6 * expected[k]);
  Memory memory(network);
  const auto groups = groups_of(network, memory);
  for (auto _ : state)
    for (const auto& group : groups) group->gradients();
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["ms_per_node"] = benchmark::Counter(1e-3 * kNodes, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
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
