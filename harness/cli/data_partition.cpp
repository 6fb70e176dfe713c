#include "harness/cli/data_partition.hpp"

#include "datasets/dataset.hpp"
#include "datasets/partition.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/core/check.hpp"
#include "harness/core/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

namespace xib {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMostColumns = 20;  // classes with a column of their own in the table

struct Split {
  std::vector<std::vector<std::int64_t>> counts;  // of node, of class
  std::vector<std::int64_t> samples;
  std::vector<double> distance;  // total variation between a node's shares of the classes and those of all nodes: 0 alike, 1 nothing in common
  double mean_distance = 0;
};

Split split_of(const Dataset& dataset, const Term& partition, const PartitionOptions& options) {
  const auto shards = make_partition(partition, {dataset.train.labels, dataset.classes, options.nodes, static_cast<std::uint64_t>(options.seed)});
  const auto all = class_histogram(shards, dataset.train.labels, dataset.classes);
  const auto classes = static_cast<std::ptrdiff_t>(dataset.classes);
  std::vector<double> whole(static_cast<std::size_t>(classes), 0);
  for (const auto label : dataset.train.labels) whole[static_cast<std::size_t>(label)] += 1 / static_cast<double>(dataset.train.size());
  Split split;
  for (auto row = all.begin(); row != all.end(); row += classes) {
    const auto& counts = split.counts.emplace_back(row, row + classes);
    const auto samples = split.samples.emplace_back(std::accumulate(row, row + classes, std::int64_t{0}));
    double distance = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) distance += std::fabs(static_cast<double>(counts[c]) / static_cast<double>(samples) - whole[c]) / 2;
    split.distance.push_back(distance);
    split.mean_distance += distance / options.nodes;
  }
  return split;
}

// A block per class, as high as its share of the largest count; none only where there is nothing.
std::string bars(const std::vector<std::int64_t>& counts, std::int64_t largest) {
  static constexpr const char* kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text;
  for (const auto count : counts) text += kBlocks[(8 * count + largest - 1) / largest];
  return text;
}

std::vector<std::vector<std::string>> rows_of(const Split& split, bool exact) {
  const std::size_t classes = split.counts.front().size(), columns = exact || classes <= kMostColumns ? classes : 0;
  std::int64_t largest = 0;
  for (const auto& counts : split.counts) largest = std::max(largest, *std::max_element(counts.begin(), counts.end()));
  std::vector<std::vector<std::string>> rows = {{"node", "samples"}};
  for (std::size_t c = 0; c < columns; ++c) rows[0].push_back(fmt::format("class_{}", c));
  rows[0].emplace_back("distance");
  if (!exact) rows[0].emplace_back("classes");
  for (std::size_t i = 0; i < split.counts.size(); ++i) {
    auto& row = rows.emplace_back(std::vector{fmt::format("{}", i), fmt::format("{}", split.samples[i])});
    for (std::size_t c = 0; c < columns; ++c) row.push_back(fmt::format("{}", split.counts[i][c]));
    row.push_back(exact ? fmt::format("{}", split.distance[i]) : fmt::format("{:.3f}", split.distance[i]));
    if (!exact) row.push_back(bars(split.counts[i], largest));
  }
  return rows;
}

}  // namespace

int show_partition(const PartitionOptions& options, const std::string& data_directory) {
  const Term data = Term::parse(options.dataset), partition = Term::parse(options.partition);
  require(options.seed >= 0, Key{"--seed"}, "{} is negative; seeds count from 0", options.seed);
  require(options.nodes >= 1, Key{"--nodes"}, "{} is too few; a partition needs at least one node", options.nodes);
  require(options.validation >= 0 && options.validation < 1, Key{"--validation"}, "{} is not a share in [0, 1)", options.validation);
  const auto& info = partition_info(partition, "--partition");
  info.check(partition);
  Dataset dataset = load_dataset(data, data_directory);
  hold_out(dataset, options.validation, static_cast<std::uint64_t>(options.seed));
  const Split split = split_of(dataset, partition, options);
  if (options.json) {
    const Json out = {{"dataset", data.text()},     {"partition", partition.text()},       {"nodes", options.nodes},
                      {"seed", options.seed},       {"validation", options.validation},    {"class_histogram", split.counts},
                      {"distance", split.distance}, {"mean_distance", split.mean_distance}};
    fmt::print("{}\n", json_text(out));
  } else if (options.csv) {
    for (const auto& row : rows_of(split, true)) fmt::print("{}\n", fmt::join(row, ","));
  } else {
    fmt::print("{}mean distance {:.3f}: half the sum of the differences between a node's class shares and those of all nodes (0: equal)\n",
               text_table(rows_of(split, false)), split.mean_distance);
    if (info.every_epoch) fmt::print("drawn again in every epoch; this is the first epoch\n");
  }
  return 0;
}

}  // namespace xib
