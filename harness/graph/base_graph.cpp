#include "harness/graph/base_graph.hpp"

#include <map>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/graph/weights.hpp"

namespace xib::graphs {
namespace {

using Nodes = std::vector<int>;
struct Link {
  int a, b;
  double weight;
};
struct Round {
  std::vector<Nodes> groups;  // each averages completely
  std::vector<Link> links;    // further edges with their weight
};
using Rounds = std::vector<Round>;

std::size_t at(int k) { return static_cast<std::size_t>(k); }
int count(const Nodes& nodes) { return static_cast<int>(nodes.size()); }

// The largest divisor of n whose prime factors are at most base.
int smooth_part(int n, int base) {
  int smooth = 1;
  for (int f = 2; f <= base; ++f)
    for (; n % f == 0; n /= f) smooth *= f;
  return smooth;
}

// Smallest list of factors, each at most base, with product n; n has no larger prime factor.
std::vector<int> fewest_factors(int n, int base) {
  if (n == 1) return {};
  std::vector<int> best;
  for (int f = std::min(base, n); f >= 2; --f) {
    if (n % f != 0) continue;
    if (smooth_part(n / f, f) != n / f) continue;
    std::vector<int> factors = fewest_factors(n / f, f);  // in descending order: no product is tried twice
    factors.insert(factors.begin(), f);
    if (best.empty() || factors.size() < best.size()) best = factors;
  }
  return best;
}

// Algorithm 1, the k-peer hyper-hypercube: nodes are numbers in a mixed radix, round r averages over digit r.
Rounds hyper_hypercube(const Nodes& nodes, int base) {
  Rounds rounds;
  int stride = 1;
  for (const int factor : fewest_factors(count(nodes), base)) {
    Round round;
    for (int first = 0; first < count(nodes); ++first) {
      if (first / stride % factor != 0) continue;
      Nodes group;
      for (int digit = 0; digit < factor; ++digit) group.push_back(nodes[at(first + digit * stride)]);
      round.groups.push_back(group);
    }
    rounds.push_back(round);
    stride *= factor;
  }
  return rounds;
}

void append_groups(const Rounds& rounds, int index, Round& to) {
  if (rounds.empty()) return;
  const auto& groups = rounds[at(index) % rounds.size()].groups;
  to.groups.insert(to.groups.end(), groups.begin(), groups.end());
}

// The nodes V_l of one digit of n in base k + 1: count = digit * base^power.
struct Part {
  Nodes nodes;
  std::vector<Nodes> blocks;  // V_{l,1}, ..., V_{l,digit}, each of base^power nodes
};

std::vector<Part> split_by_digits(const Nodes& nodes, int base) {
  int power = 1;
  while (power <= count(nodes) / base) power *= base;
  std::vector<Part> parts;
  auto next = nodes.begin();
  for (; power >= 1; power /= base) {
    Part part;
    for (; nodes.end() - next >= power; next += power) {
      part.blocks.emplace_back(next, next + power);
      part.nodes.insert(part.nodes.end(), next, next + power);
    }
    if (!part.nodes.empty()) parts.push_back(part);
  }
  return parts;
}

// The rest of a hub averages among itself after the exchange: all are equal in theory, in training it helps.
void group_idle(const std::vector<Nodes>& idle, int base, Round& round) {
  Nodes all;
  for (const auto& block : idle) all.insert(all.end(), block.begin(), block.end());
  for (std::size_t from = 0; from + 1 < all.size(); from += at(base)) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
    round.groups.emplace_back(first, first + static_cast<std::ptrdiff_t>(std::min(at(base), all.size() - from)));
  }
}

// Algorithm 2. First every part averages within itself. Then the parts are hubs in turn: each node of the later parts exchanges with
// one node of every block of the hub, after which each block of the hub, and the later parts together, have the mean of all.
Rounds simple_base_graph(const Nodes& nodes, int base) {
  if (smooth_part(count(nodes), base) == count(nodes)) return hyper_hypercube(nodes, base);
  const std::vector<Part> parts = split_by_digits(nodes, base);
  const int last = static_cast<int>(parts.size()) - 1;
  const int inner = static_cast<int>(hyper_hypercube(parts[0].nodes, base).size());
  const int total = inner + 1 + static_cast<int>(hyper_hypercube(parts[0].blocks[0], base).size());
  Rounds rounds(at(total));
  for (int m = 0; m < total; ++m) {
    Round& round = rounds[at(m)];
    std::vector<Nodes> idle;
    int later = 0;
    const int hub = m - inner;  // negative: none yet
    if (hub >= 0 && hub < last) {
      idle = parts[at(hub)].blocks;
      for (int l = hub; l <= last; ++l) later += count(parts[at(l)].nodes);
    }
    for (int l = last; l >= 0; --l) {
      const Part& part = parts[at(l)];
      if (hub < 0) {
        append_groups(hyper_hypercube(part.nodes, base), m, round);
      } else if (hub < l) {
        const double weight = static_cast<double>(parts[at(hub)].blocks[0].size()) / later;
        for (const int node : part.nodes)
          for (auto& block : idle) {
            round.links.push_back({node, block.back(), weight});
            block.pop_back();
          }
      } else if (hub == l && l != last) {
        group_idle(idle, base, round);
      } else if (count(part.nodes) < base) {
        append_groups(hyper_hypercube(part.nodes, base), hub - l, round);
      } else {
        for (const auto& block : part.blocks) append_groups(hyper_hypercube(block, base), hub - l, round);
      }
    }
  }
  return rounds;
}

// Several graphs side by side, in the same rounds.
void append_parallel(const std::vector<Rounds>& side_by_side, Rounds& to) {
  for (std::size_t m = 0; m < side_by_side.front().size(); ++m) {
    Round all;
    for (const auto& rounds : side_by_side) {
      all.groups.insert(all.groups.end(), rounds[m].groups.begin(), rounds[m].groups.end());
      all.links.insert(all.links.end(), rounds[m].links.begin(), rounds[m].links.end());
    }
    to.push_back(std::move(all));
  }
}

// Algorithm 3: n = p q, p the smooth part: q nodes each by algorithm 2, then across by algorithm 1, if that is not longer.
Rounds base_rounds(int nodes, int base) {
  const int p = smooth_part(nodes, base), q = nodes / p;
  Nodes all(at(nodes));
  std::iota(all.begin(), all.end(), 0);
  Rounds simple = simple_base_graph(all, base);
  std::vector<Rounds> within, across;
  for (int i = 0; i < p; ++i) within.push_back(simple_base_graph(Nodes(all.begin() + i * q, all.begin() + (i + 1) * q), base));
  for (int j = 0; j < q; ++j) {
    Nodes column;
    for (int i = 0; i < p; ++i) column.push_back(i * q + j);
    across.push_back(hyper_hypercube(column, base));
  }
  if (simple.size() < within.front().size() + across.front().size()) return simple;
  Rounds rounds;
  append_parallel(within, rounds);
  append_parallel(across, rounds);
  return rounds;
}

MixingMatrix matrix(int nodes, const Round& round) {
  std::vector<std::vector<Weight>> rows(at(nodes));
  for (const auto& group : round.groups)
    for (const int i : group)
      for (const int j : group)
        if (i != j) rows[at(i)].push_back({j, 1.0 / count(group)});
  for (const auto& [a, b, weight] : round.links) {
    rows[at(a)].push_back({b, weight});
    rows[at(b)].push_back({a, weight});
  }
  return with_diagonal(std::move(rows));
}

}  // namespace

std::vector<MixingMatrix> base_graph(int nodes, int base) {
  require(base >= 2, "the Base-(k+1) graph needs a base of at least 2 (one neighbor per round); {} is given", base);
  std::vector<MixingMatrix> period;
  for (const auto& round : base_rounds(nodes, base)) period.push_back(matrix(nodes, round));
  if (period.empty()) period.push_back(matrix(nodes, {}));
  return period;
}

}  // namespace xib::graphs
