#include "harness/cli/preflight_checks.hpp"

#include "harness/cli/preflight_places.hpp"
#include "harness/comm/collective.hpp"
#include "harness/core/nan.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace xib {
namespace {

constexpr int kNumbers = 4096;      // of every rank in the all-gather
constexpr int kRounds = 8;          // pairs of each node, at most
constexpr int kRepetitions = 3;     // of a timed exchange; the best counts
constexpr std::size_t kJudged = 3;  // nodes, at least

double known_number(int rank, int k) { return (rank + 1.0) * ((k * 7919) % 1021 + 1); }  // sums stay below 2^53: exact in any order

// A float too holds it exactly.
float known_float(int node, std::size_t k) { return static_cast<float>((static_cast<std::size_t>(node) * 31 + k) % 65521); }

// Wrong parts: who received it, whose it is.
struct Wrong {
  int at, of;
};

// Collective; on every rank: the wrong parts of all ranks' numbers, as each rank received and summed them.
std::vector<Wrong> exchange_known_numbers(Communicator& c) {
  const auto size = static_cast<std::size_t>(c.size());
  std::vector<double> mine(kNumbers), all(size * kNumbers), wrong(size, 0), everyones(size * size);
  for (int k = 0; k < kNumbers; ++k) mine[static_cast<std::size_t>(k)] = known_number(c.rank(), k);
  c.all_gather(mine, std::vector<int>(size, kNumbers), all);
  std::vector<double> sum(kNumbers, 0);
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t k = 0; k < kNumbers; ++k) {
      const double part = all[r * kNumbers + k];
      if (part != known_number(static_cast<int>(r), static_cast<int>(k))) wrong[r] = 1;
      sum[k] += part;
    }
  const bool all_right = std::none_of(wrong.begin(), wrong.end(), [](double w) { return w != 0; });
  const double ranks = 0.5 * c.size() * (c.size() + 1.0);
  for (int k = 0; k < kNumbers && all_right; ++k)
    if (sum[static_cast<std::size_t>(k)] != ranks * known_number(0, k)) wrong[static_cast<std::size_t>(c.rank())] = 1;
  c.all_gather(wrong, std::vector<int>(size, c.size()), everyones);
  std::vector<Wrong> found;
  for (int at = 0; at < c.size(); ++at)
    for (int of = 0; of < c.size(); ++of)
      if (everyones[static_cast<std::size_t>(at) * size + static_cast<std::size_t>(of)] != 0) found.push_back({at, of});
  return found;
}

struct Network {
  std::vector<double> bandwidth;  // by node, as this rank knows them
  std::vector<Wrong> wrong;       // nodes
};

// Collective. leader: the lowest rank of each node.
Network measure_network(Communicator& c, const std::vector<int>& leader, const PreflightLimits& limits) {
  const int nodes = static_cast<int>(leader.size());
  const auto at = std::find(leader.begin(), leader.end(), c.rank());
  const int me = at == leader.end() ? -1 : static_cast<int>(at - leader.begin());
  double best = 0;
  std::vector<double> wrong(static_cast<std::size_t>(nodes), 0);
  std::vector<float> out(me < 0 ? 0 : limits.floats), in(out.size());
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = known_float(me, k);
  const double begun = c.now();
  const int rounds = std::min(kRounds, nodes % 2 == 0 ? nodes - 1 : nodes);
  for (int round = 0; round < rounds; ++round) {
    const int partner = me < 0 ? -1 : partner_of(me, round, nodes);
    for (int repetition = 0; repetition <= kRepetitions; ++repetition) {  // the first makes the connection
      const bool rests = partner < 0 || partner == me;
      const int peer = rests ? c.rank() : leader[static_cast<std::size_t>(partner)];
      std::fill(in.begin(), in.end(), -1.0f);
      const Send send{peer, out};
      const Receive receive{peer, in};
      const double before = c.now();
      c.exchange({&send, rests ? 0u : 1u}, {&receive, rests ? 0u : 1u});
      const double took = c.now() - before;
      if (rests) continue;
      for (std::size_t k = 0; k < in.size(); ++k)
        if (in[k] != known_float(partner, k)) wrong[static_cast<std::size_t>(partner)] = 1;
      if (repetition > 0 && took > 0) best = std::max(best, static_cast<double>(limits.floats * sizeof(float)) / took);
    }
    if (!from_rank_0<bool>(c, [&] { return c.now() - begun < limits.seconds; })) break;
  }
  const std::vector<double> all = of_all_ranks(c, best);
  std::vector<double> everyones(all.size() * wrong.size());
  c.all_gather(wrong, std::vector<int>(all.size(), nodes), everyones);
  Network found;
  for (int n = 0; n < nodes; ++n) {
    const auto rank = static_cast<std::size_t>(leader[static_cast<std::size_t>(n)]);
    found.bandwidth.push_back(all[rank] > 0 ? all[rank] : kNaN);
    for (int of = 0; of < nodes; ++of)
      if (everyones[rank * wrong.size() + static_cast<std::size_t>(of)] != 0) found.wrong.push_back({n, of});
  }
  return found;
}

// The fewest nodes that explain all wrong parts, by always taking the one at most of their ends; of equals, who sent.
std::vector<int> blamed(std::vector<Wrong> wrong) {
  std::vector<int> nodes;
  while (!wrong.empty()) {
    std::map<int, int> score;
    for (const auto& w : wrong) {
      score[w.of] += 3;
      if (w.at != w.of) score[w.at] += 2;
    }
    const int worst = std::max_element(score.begin(), score.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    nodes.push_back(worst);
    std::erase_if(wrong, [&](const Wrong& w) { return w.at == worst || w.of == worst; });
  }
  return nodes;
}

void judge(std::vector<NodeReport>& nodes, double NodeReport::*value, const char* what, double floor) {
  std::vector<double> known;
  for (const auto& node : nodes)
    if (std::isfinite(node.*value)) known.push_back(node.*value);
  if (known.size() < kJudged) return;
  const double median = median_of(known);
  for (auto& node : nodes)
    if (node.*value < floor * median)
      node.problems.push_back(fmt::format("{} of {:.3g} GB/s, {:.2g} of the nodes' median of {:.3g} GB/s; at least {:.2g} of it is expected", what,
                                          node.*value / 1e9, node.*value / median, median / 1e9, floor));
}

}  // namespace

int partner_of(int node, int round, int count) {
  const int ring = count % 2 == 0 ? count - 1 : count;  // one node stays outside the ring where their number is even
  if (node == ring) {
    for (int other = 0; other < ring; ++other)
      if (2 * other % ring == round) return other;
  }
  const int other = ((round - node) % ring + ring) % ring;
  return other != node ? other : ring < count ? ring : node;
}

Preflight check_before_flight(Communicator& c, const Probe& probe, const PreflightLimits& limits) {
  Preflight result;
  result.places = gather_places(c, probe.place);
  const std::vector<int> node_of = nodes_of_ranks(c, result.places);
  const int nodes = *std::max_element(node_of.begin(), node_of.end()) + 1;
  std::vector<int> leader;
  for (int n = 0; n < nodes; ++n) leader.push_back(static_cast<int>(std::find(node_of.begin(), node_of.end(), n) - node_of.begin()));

  const std::vector<std::string> device = gather_texts(c, probe.device_problem());
  c.barrier();  // all copy at the same time
  const std::vector<double> memory = of_all_ranks(c, probe.memory_bandwidth());
  std::vector<Wrong> wrong = exchange_known_numbers(c);
  const Network network = measure_network(c, leader, limits);
  if (c.rank() != 0) return {};

  for (auto& w : wrong) w = {node_of[static_cast<std::size_t>(w.at)], node_of[static_cast<std::size_t>(w.of)]};
  wrong.insert(wrong.end(), network.wrong.begin(), network.wrong.end());
  result.nodes.resize(static_cast<std::size_t>(nodes));
  for (int rank = 0; rank < c.size(); ++rank) {
    NodeReport& node = result.nodes[static_cast<std::size_t>(node_of[static_cast<std::size_t>(rank)])];
    node.node = result.places[static_cast<std::size_t>(rank)].node;
    node.ranks.push_back(rank);
    if (const auto& problem = device[static_cast<std::size_t>(rank)]; !problem.empty()) node.problems.push_back(fmt::format("rank {}: {}", rank, problem));
  }
  for (int n = 0; n < nodes; ++n) {
    NodeReport& node = result.nodes[static_cast<std::size_t>(n)];
    node.network_bandwidth = network.bandwidth[static_cast<std::size_t>(n)];
    std::vector<double> of_ranks;
    for (const int rank : node.ranks) of_ranks.push_back(memory[static_cast<std::size_t>(rank)]);
    node.memory_bandwidth = median_of(of_ranks);
  }
  for (const int n : blamed(wrong))
    result.nodes[static_cast<std::size_t>(n)].problems.emplace_back("numbers that it sends or receives, or their sum, are wrong");
  check_places(result);
  judge(result.nodes, &NodeReport::memory_bandwidth, "a memory bandwidth per rank", limits.floor);
  judge(result.nodes, &NodeReport::network_bandwidth, "a network bandwidth", limits.floor);
  return result;
}

}  // namespace xib
