#include "harness/graph/time_varying.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/graph/random_graphs.hpp"
#include "harness/graph/static_graphs.hpp"
#include "harness/graph/weights.hpp"

namespace xib::graphs {
namespace {

using Edges = std::vector<std::pair<int, int>>;

RandomStream stream_of(std::uint64_t seed, std::int64_t round) {
  const auto t = static_cast<std::uint64_t>(round);
  return RandomStream(seed, Purpose::topology, 1, static_cast<std::uint32_t>(t >> 32), static_cast<std::uint32_t>(t));
}

int wrapped(std::int64_t node, int nodes) { return static_cast<int>(((node % nodes) + nodes) % nodes); }

// Each round an own graph, drawn by draw(stream); the law does not prefer any node.
template <class Draw>
MixingSchedule drawn(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name, Draw draw) {
  const auto generate = [nodes, weights = std::string(weights), seed, name = std::string(name), draw](std::int64_t round) {
    RandomStream stream = stream_of(seed, round);
    return weigh(draw(nodes, stream), weights, name);
  };
  generate(0);  // refuses now what no round can do
  return MixingSchedule(nodes, generate, Law{.exchangeable = true});
}

std::vector<int> random_order(int nodes, RandomStream& stream) {
  std::vector<int> order(static_cast<std::size_t>(nodes));
  std::iota(order.begin(), order.end(), 0);
  stream.shuffle(std::span(order));
  return order;
}

Topology pairs(int nodes, RandomStream& stream) {
  const auto order = random_order(nodes, stream);
  Edges edges;
  for (std::size_t k = 0; k + 1 < order.size(); k += 2) edges.emplace_back(order[k], order[k + 1]);
  return from_edges(nodes, edges);
}

Topology even_odd_pairs(int nodes, std::int64_t distance) {
  Edges edges;
  for (int i = 0; i < nodes; i += 2) edges.emplace_back(i, wrapped(i + distance, nodes));
  return from_edges(nodes, edges);
}

MixingSchedule even_odd_schedule(int nodes, const std::vector<std::int64_t>& distances, std::string_view weights, std::string_view name) {
  require(nodes % 2 == 0, "{} pairs even with odd nodes and needs an even number of them; {} is odd: use base(2) or random-matching", name, nodes);
  std::vector<MixingMatrix> period;
  for (const auto d : distances) period.push_back(weigh(even_odd_pairs(nodes, d), weights, name));
  return MixingSchedule(std::move(period));
}

MixingMatrix identity(int nodes) { return with_diagonal(std::vector<std::vector<Weight>>(static_cast<std::size_t>(nodes))); }

}  // namespace

MixingSchedule one_peer_exponential(int nodes, std::string_view order, std::string_view weights, std::uint64_t seed, std::string_view name) {
  constexpr std::array<std::string_view, 3> kOrders{"cyclic", "permutation", "random"};
  require(std::find(kOrders.begin(), kOrders.end(), order) != kOrders.end(), "{}: the order is one of {}, not '{}'", name,
          fmt::format("{}", fmt::join(kOrders, ", ")), order);
  check_rule(weights);
  if (nodes == 1) return MixingSchedule({identity(1)});
  std::vector<MixingMatrix> period;
  for (const std::int64_t power : powers_of_two_below(nodes)) period.push_back(weigh(directed_circulant(nodes, std::array{power}), weights, name));
  if (order == "cyclic") return MixingSchedule(std::move(period));
  const int count = static_cast<int>(period.size());
  const auto power_of = [seed, count, permuted = order == "permutation"](std::int64_t round) {
    if (!permuted) return static_cast<int>(stream_of(seed, round).below(static_cast<std::uint64_t>(count)));
    RandomStream stream = stream_of(seed, round / count);
    return random_order(count, stream)[static_cast<std::size_t>(round % count)];
  };
  const auto support = [period](int k) { return period[static_cast<std::size_t>(k)]; };
  return MixingSchedule(
      nodes, [=](std::int64_t round) { return support(power_of(round)); },
      Law{.support_size = count, .support = support, .reordered = order == "permutation"});  // circulants commute
}

MixingSchedule bipartite_exponential(int nodes, std::string_view weights, std::string_view name) {
  std::vector<std::int64_t> distances;
  std::vector<int> seen;
  for (std::int64_t power = 1; power < std::max(nodes, 2); power *= 2)
    for (const std::int64_t sign : {1, -1}) {
      const std::int64_t distance = sign * (power == 1 ? 1 : power + 1);
      const int residue = wrapped(distance, nodes);
      if (std::find(seen.begin(), seen.end(), residue) != seen.end()) continue;
      seen.push_back(residue);
      distances.push_back(distance);
    }
  return even_odd_schedule(nodes, distances, weights, name);
}

MixingSchedule one_peer_ring(int nodes, std::string_view weights, std::string_view name) {
  return even_odd_schedule(nodes, nodes == 2 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, -1}, weights, name);
}

MixingSchedule one_peer_hypercube(int nodes, std::string_view weights, std::string_view name) {
  hypercube(nodes);  // refuses other than powers of two
  std::vector<MixingMatrix> period;
  for (int bit = 1; bit < nodes; bit *= 2) {
    Edges edges;
    for (int i = 0; i < nodes; ++i)
      if ((i & bit) == 0) edges.emplace_back(i, i | bit);
    period.push_back(weigh(from_edges(nodes, edges), weights, name));
  }
  if (period.empty()) period.push_back(identity(nodes));
  return MixingSchedule(std::move(period));
}

MixingSchedule random_matching(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name) {
  return drawn(nodes, weights, seed, name, pairs);
}

MixingSchedule random_edge(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name) {
  return drawn(nodes, weights, seed, name, [](int n, RandomStream& stream) {
    if (n == 1) return from_edges(1, {});
    const int a = static_cast<int>(stream.below(static_cast<std::uint64_t>(n)));
    const int b = static_cast<int>(stream.below(static_cast<std::uint64_t>(n - 1)));
    return from_edges(n, Edges{{a, b < a ? b : b + 1}});
  });
}

MixingSchedule random_permutation(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name) {
  return drawn(nodes, weights, seed, name, [](int n, RandomStream& stream) {
    const auto order = random_order(n, stream);
    std::vector<std::vector<int>> senders(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i)
      if (const int j = order[static_cast<std::size_t>(i)]; j != i) senders[static_cast<std::size_t>(i)].push_back(j);
    return Topology(std::move(senders), true);
  });
}

MixingSchedule dynamic_regular(int nodes, int degree, std::string_view weights, std::uint64_t seed, std::string_view name) {
  return drawn(nodes, weights, seed, name, [degree](int n, RandomStream& stream) { return random_regular(n, degree, stream); });
}

MixingSchedule dynamic_erdos_renyi(int nodes, double probability, std::string_view weights, std::uint64_t seed, std::string_view name) {
  require(weights != "uniform" && weights != "lazy",
          "{} weights on {} would have columns that do not sum to 1 in most rounds (the mean would drift): use weights = \"metropolis\"", weights, name);
  return drawn(nodes, weights, seed, name, [probability](int n, RandomStream& stream) { return erdos_renyi(n, probability, stream); });
}

MixingSchedule equi_static(int nodes, int degree, std::string_view weights, std::uint64_t seed, std::string_view name) {
  require(degree >= 1, "{}: the degree must be at least 1", name);
  if (nodes == 1) return MixingSchedule({own_weights(identity(1), weights, name)});
  std::map<int, int> shifts;  // how often each was drawn
  RandomStream stream(seed, Purpose::topology);
  for (int divisor = 0; divisor != 1;) {  // shifts that share a divisor with n would leave the graph in parts: drawn again
    shifts.clear();
    divisor = nodes;
    for (int k = 0; k < degree; ++k) {
      const int shift = 1 + static_cast<int>(stream.below(static_cast<std::uint64_t>(nodes - 1)));
      ++shifts[shift];
      divisor = std::gcd(divisor, shift);
    }
  }
  std::vector<std::vector<Weight>> rows(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i)
    for (const auto& [shift, times] : shifts)
      rows[static_cast<std::size_t>(i)].push_back({wrapped(i - shift, nodes), (nodes - 1.0) * times / (static_cast<double>(nodes) * degree)});
  return MixingSchedule({own_weights(with_diagonal(std::move(rows)), weights, name)});
}

MixingSchedule equi_dynamic(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name) {
  if (nodes == 1) return MixingSchedule({own_weights(identity(1), weights, name)});
  const auto shifted = [nodes, weights = std::string(weights), name = std::string(name)](int k) {
    std::vector<std::vector<Weight>> rows(static_cast<std::size_t>(nodes));
    for (int i = 0; i < nodes; ++i) rows[static_cast<std::size_t>(i)].push_back({wrapped(i - 1 - k, nodes), (nodes - 1.0) / (2.0 * nodes)});
    return own_weights(with_diagonal(std::move(rows)), weights, name);
  };
  shifted(0);  // refuses now what no round can do
  const auto generate = [shifted, seed, nodes](std::int64_t round) {
    return shifted(static_cast<int>(stream_of(seed, round).below(static_cast<std::uint64_t>(nodes - 1))));
  };
  return MixingSchedule(nodes, generate, Law{.support_size = nodes - 1, .support = shifted});
}

}  // namespace xib::graphs
