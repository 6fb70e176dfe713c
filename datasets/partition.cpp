#include "datasets/partition.hpp"

#include "datasets/dirichlet.hpp"
#include "harness/core/check.hpp"
#include "harness/core/random.hpp"
#include "harness/core/row_of.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

namespace xib {
namespace {

Shards cut(std::span<const std::int32_t> order, int nodes) {
  Shards shards;
  for (int i = 0; i < nodes; ++i) {
    const auto block = block_of(order, static_cast<std::size_t>(i), static_cast<std::size_t>(nodes));
    shards.emplace_back(block.begin(), block.end());
  }
  return shards;
}

void no_arguments(const Term& term) { Arguments(term, "data.partition").done(); }

Shards iid(const Term& term, const PartitionProblem& p) {
  no_arguments(term);
  return cut(epoch_permutation(p.labels.size(), p.seed, 0), p.nodes);
}

Shards iid_fixed(const Term& term, const PartitionProblem& p) {
  no_arguments(term);
  std::vector<std::int32_t> order(p.labels.size());
  std::iota(order.begin(), order.end(), 0);
  RandomStream(p.seed, Purpose::partition).shuffle(std::span(order));
  return cut(order, p.nodes);
}

std::int64_t pieces_per_node(const Term& term) {
  Arguments a(term, "data.partition");
  const auto k = a.integer("k");
  a.done();
  require(k >= 1 && k <= 1'000'000, Key{"data.partition"}, "shards(k = {}) is not in 1..1000000", k);
  return k;
}

// McMahan et al. 2017: sort by label, cut into nodes * k pieces, deal k pieces to every node.
Shards shards_by_label(const Term& term, const PartitionProblem& p) {
  const auto k = pieces_per_node(term);
  const auto pieces = static_cast<std::size_t>(k) * static_cast<std::size_t>(p.nodes);
  require(pieces <= p.labels.size(), Key{"data.partition"}, "shards({}) on {} nodes makes {} pieces of {} images; take a smaller k", k, p.nodes, pieces,
          p.labels.size());
  std::vector<std::int32_t> order(p.labels.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a_, auto b_) { return p.labels[static_cast<std::size_t>(a_)] < p.labels[static_cast<std::size_t>(b_)]; });
  std::vector<std::size_t> deal(pieces);
  std::iota(deal.begin(), deal.end(), std::size_t{0});
  RandomStream(p.seed, Purpose::partition).shuffle(std::span(deal));
  Shards out(static_cast<std::size_t>(p.nodes));
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const auto part = block_of(std::span<const std::int32_t>(order), deal[piece], pieces);
    auto& mine = out[piece / static_cast<std::size_t>(k)];
    mine.insert(mine.end(), part.begin(), part.end());
  }
  return out;
}

constexpr std::array<PartitionInfo, 4> kPartitions = {{
    {"iid", "", "a random equal share per node, drawn anew every epoch", true, no_arguments, iid},
    {"iid-fixed", "", "a random equal share per node, drawn once", false, no_arguments, iid_fixed},
    {"dirichlet", "alpha, smallest = 0.5, group = 10",
     "per class, shares over the nodes of a group from Dirichlet(alpha), no node under `smallest` of the average", false, check_dirichlet, dirichlet},
    {"shards", "k", "sorted by label and cut into k pieces per node", false, [](const Term& term) { pieces_per_node(term); }, shards_by_label},
}};

}  // namespace

std::span<const PartitionInfo> partitions() { return kPartitions; }

const PartitionInfo& partition_info(const Term& term, std::string_view key) { return row_of(kPartitions, term.name, "partition", key); }

Shards make_partition(const Term& term, const PartitionProblem& problem) {
  const auto& info = partition_info(term, "data.partition");
  require(problem.nodes >= 1, Key{"train.nodes"}, "{} is too few; at least one node is needed", problem.nodes);
  require(static_cast<std::size_t>(problem.nodes) <= problem.labels.size(), Key{"train.nodes"},
          "{} but only {} training images: more nodes than samples; take fewer nodes or raise data.limit", problem.nodes, problem.labels.size());
  return info.make(term, problem);
}

std::vector<std::int64_t> class_histogram(const Shards& shards, std::span<const std::int32_t> labels, int classes) {
  std::vector<std::int64_t> histogram(shards.size() * static_cast<std::size_t>(classes));
  for (std::size_t i = 0; i < shards.size(); ++i)
    for (const auto k : shards[i]) ++histogram[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[static_cast<std::size_t>(k)])];
  return histogram;
}

std::vector<std::int32_t> epoch_permutation(std::size_t images, std::uint64_t seed, std::uint32_t epoch) {
  std::vector<std::int32_t> order(images);
  std::iota(order.begin(), order.end(), 0);
  RandomStream(seed, Purpose::data_order, 0, epoch).shuffle(std::span(order));
  return order;
}

}  // namespace xib
