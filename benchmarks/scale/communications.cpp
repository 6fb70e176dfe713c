#include "benchmarks/scale/communications.hpp"

#include "harness/comm/collective.hpp"
#include "harness/control/controller.hpp"
#include "harness/core/random.hpp"
#include "harness/graph/default_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace xib::scale {
namespace {

constexpr double kFraction = 0.3;  // of Ξ before mixing: the target of both ways of control

// Median of the repetitions; `prepare` is not timed.
double timed(
    const World& world, int repeats, const std::function<void()>& work, const std::function<void()>& prepare = [] {}) {
  std::vector<double> times;
  for (int k = 0; k < repeats; ++k) {
    prepare();
    const auto clocks = of_all_ranks(world.communicator, world.communicator.now());
    const double begin = *std::max_element(clocks.begin(), clocks.end()) + world.settle_s;
    world.sleep_until(begin);
    work();
    const auto ends = of_all_ranks(world.communicator, world.communicator.now());
    times.push_back(*std::max_element(ends.begin(), ends.end()) - begin);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// One node of one rank, with what it communicates by.
struct Node {
  const World& world;
  NodeLayout layout;
  std::size_t dim;
  int repeats;
  ThreadPool pool{1};
  NodeMatrix x{1, dim};
  NodeStatistics statistics{world.communicator, pool, layout, dim};
};

void draw_model(Node& node) {
  RandomStream random(1, Purpose::init, static_cast<std::uint32_t>(node.layout.rank));
  for (float& value : node.x.row(0)) value = static_cast<float>(random.uniform());
}

Timed gossip(Node& node, const MixingSchedule& w) {
  Mixer mixer(node.world.communicator, node.pool, node.layout, node.dim, w);
  return {timed(node.world, node.repeats, [&] { mixer.rounds(node.x, 0, 1); }), 1};
}

// One shot: a Gram matrix, then as many rounds as rank 0 says, then Ξ for the record.
Timed gram(Node& node, const MixingSchedule& w) {
  draw_model(node);
  const double target = kFraction * node.statistics.measure(node.x).distance;
  std::vector<PhaseControl> phases;
  phases.push_back({w, make_policy(fmt::format("target({})", target), "policy", {})});
  ConsensusController controller(node.world.communicator, node.pool, node.layout, node.dim, std::move(phases), 0);
  Stopwatch watch([&] { return node.world.communicator.now(); }, [] { return 0.0; });
  int rounds = 0;
  const auto communicate = [&] { rounds = controller.communicate(node.x, node.x, {}, {}, watch).rounds; };
  const double seconds = timed(node.world, node.repeats, communicate, [&] { draw_model(node); });
  return {seconds, rounds};
}

// The paper's loop: mix, measure Ξ, until it is at the target.
Timed loop(Node& node, const MixingSchedule& w) {
  draw_model(node);
  Mixer mixer(node.world.communicator, node.pool, node.layout, node.dim, w);
  const double target = kFraction * node.statistics.measure(node.x).distance;
  int rounds = 0;
  const auto mix_and_measure = [&] {
    rounds = 0;
    do mixer.rounds(node.x, rounds++, 1);
    while (node.statistics.measure(node.x).distance > target);
  };
  const double seconds = timed(node.world, node.repeats, mix_and_measure, [&] { draw_model(node); });
  return {seconds, rounds};
}

}  // namespace

Communication parse(std::string_view name) {
  const std::size_t colon = name.find(':');
  const Communication found{std::string(name.substr(0, colon)), colon == name.npos ? "" : std::string(name.substr(colon + 1))};
  const bool mixes = found.way == "gossip" || found.way == "gram" || found.way == "loop",
             other = found.way == "all-reduce" || found.way == "exact" || found.way == "distance";
  require((mixes && !found.graph.empty()) || (other && colon == name.npos),
          "unknown communication '{}': use gossip:GRAPH, gram:GRAPH, loop:GRAPH, exact, distance or all-reduce", name);
  return found;
}

const MixingSchedule& schedule(const std::string& graph, int nodes) {
  static std::map<std::pair<std::string, int>, MixingSchedule> made;
  const auto found = made.find({graph, nodes});
  return found != made.end() ? found->second
                             : made.emplace(std::pair(graph, nodes), make_mixing(graph, default_weights(graph, nodes, 1), nodes, 1)).first->second;
}

Timed time_communication(const World& world, std::string_view name, std::size_t dim, int repeats) {
  const Communication chosen = parse(name);
  const int n = world.communicator.size();
  Node node{world, {n, n, world.communicator.rank()}, dim, repeats};
  if (chosen.way == "gossip") return gossip(node, schedule(chosen.graph, n));
  if (chosen.way == "gram") return gram(node, schedule(chosen.graph, n));
  if (chosen.way == "loop") return loop(node, schedule(chosen.graph, n));
  if (chosen.way == "exact") return {timed(world, repeats, [&] { node.statistics.average(node.x); }), 0};
  if (chosen.way == "distance") return {timed(world, repeats, [&] { node.statistics.measure(node.x); }), 0};
  return {timed(world, repeats, [&] { world.all_reduce(node.x.row(0)); }), 0};
}

}  // namespace xib::scale
