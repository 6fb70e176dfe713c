#include "datasets/dirichlet.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace xib {
namespace {

constexpr int kAttempts = 20'000;

struct Options {
  double alpha, smallest;
  std::int64_t group;
};

Options parse(const Term& term) {
  Arguments a(term, "data.partition");
  Options o{};
  o.alpha = a.number("alpha");
  o.smallest = a.number("smallest", 0.5);
  o.group = a.integer("group", 10);
  a.done();
  require(o.alpha > 0 && std::isfinite(o.alpha), Key{"data.partition"}, "dirichlet(alpha = {}) must be positive; large means iid", o.alpha);
  require(o.smallest >= 0 && o.smallest < 1, Key{"data.partition"}, "dirichlet(smallest = {}) is a share of the average, in [0, 1)", o.smallest);
  require(o.group >= 1, Key{"data.partition"}, "dirichlet(group = {}) must be at least 1", o.group);
  return o;
}

using Indices = std::vector<std::int32_t>;

// How many of `count` images each node gets. A node with `capacity` or more images already gets none.
std::vector<std::size_t> draw_counts(RandomStream& random, double alpha, std::size_t count, const std::vector<std::size_t>& have, double capacity) {
  std::vector<double> share(have.size());
  double total = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    const double g = random.gamma(alpha);  // drawn for full nodes too, so that the numbers used do not depend on the counts
    share[i] = static_cast<double>(have[i]) < capacity ? g : 0;
    total += share[i];
  }
  if (total == 0)  // every share underflowed: alpha is tiny, one node takes the class
    total = share[static_cast<std::size_t>(std::min_element(have.begin(), have.end()) - have.begin())] = 1;
  std::vector<std::size_t> counts;
  double cumulated = 0;
  std::size_t given = 0;
  for (std::size_t i = 0; i < share.size(); ++i) {
    cumulated += share[i];
    const auto until = i + 1 == share.size() ? count : std::min(count, static_cast<std::size_t>(cumulated / total * static_cast<double>(count)));
    counts.push_back(until - given);
    given = until;
  }
  return counts;
}

// counts[class][node] of one attempt, or nothing when a node stays too small.
std::optional<std::vector<std::vector<std::size_t>>> attempt(RandomStream& random, const Options& o, const std::vector<Indices>& by_class, std::size_t nodes,
                                                             std::size_t images) {
  const double average = static_cast<double>(images) / static_cast<double>(nodes);
  std::vector<std::vector<std::size_t>> counts;
  std::vector<std::size_t> have(nodes, 0);
  for (const auto& members : by_class) {
    counts.push_back(draw_counts(random, o.alpha, members.size(), have, average));
    for (std::size_t i = 0; i < nodes; ++i) have[i] += counts.back()[i];
  }
  const auto least = std::max<std::size_t>(1, static_cast<std::size_t>(o.smallest * average));
  if (*std::min_element(have.begin(), have.end()) < least) return std::nullopt;
  return counts;
}

// Deals `images` (in random order) to `nodes` new shards.
void deal_group(const Options& o, const PartitionProblem& p, std::span<const std::int32_t> images, std::size_t nodes, std::uint32_t group, Shards& shards) {
  std::vector<Indices> by_class(static_cast<std::size_t>(p.classes));
  for (const auto k : images) by_class[static_cast<std::size_t>(p.labels[static_cast<std::size_t>(k)])].push_back(k);
  for (std::uint32_t t = 1; t <= kAttempts; ++t) {
    RandomStream random(p.seed, Purpose::partition, group + 1, t);
    const auto counts = attempt(random, o, by_class, nodes, images.size());
    if (!counts) continue;
    const auto first = shards.size();
    shards.resize(first + nodes);
    for (std::size_t c = 0; c < by_class.size(); ++c) {
      auto from = by_class[c].begin();
      for (std::size_t i = 0; i < nodes; ++i) {
        const auto to = from + static_cast<std::ptrdiff_t>((*counts)[c][i]);
        shards[first + i].insert(shards[first + i].end(), from, to);
        from = to;
      }
    }
    return;
  }
  refuse(Key{"data.partition"},
         "{} draws of dirichlet(alpha = {}) gave no split of {} images to {} nodes where each has {} of the average; "
         "raise alpha or lower smallest or group",
         kAttempts, o.alpha, images.size(), nodes, o.smallest);
}

}  // namespace

void check_dirichlet(const Term& term) { parse(term); }

Shards dirichlet(const Term& term, const PartitionProblem& p) {
  const auto o = parse(term);
  Indices order(p.labels.size());
  std::iota(order.begin(), order.end(), 0);
  RandomStream(p.seed, Purpose::partition).shuffle(std::span(order));
  Shards shards;
  const auto share = [&](std::int64_t node) { return static_cast<std::size_t>(node) * order.size() / static_cast<std::size_t>(p.nodes); };
  for (std::int64_t first = 0; first < p.nodes; first += o.group) {
    const auto last = std::min<std::int64_t>(first + o.group, p.nodes);
    deal_group(o, p, std::span<const std::int32_t>(order).subspan(share(first), share(last) - share(first)), static_cast<std::size_t>(last - first),
               static_cast<std::uint32_t>(first / o.group), shards);
  }
  return shards;
}

}  // namespace xib
