#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/gap_runs.hpp"
#include "harness/cli/network_flag.hpp"
#include "harness/cli/run_costs.hpp"
#include "harness/core/check.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

struct Options {
  RunPlaces from;
  std::string format = "md", network = "latency=50us,bandwidth=10Gb/s", all_reduce = "ring", compute, to;
};

struct Target {
  std::string metric;  // "": that of the table
  double value = kNaN;
};

Target parse_target(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t sign = text.find('=');
  Target target{text.substr(0, sign), kNaN};
  const char* const begin = text.data() + std::min(text.size(), target.metric.size() + 1);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), target.value);
  require(!target.metric.empty() && error == std::errc() && end == text.data() + text.size() && std::isfinite(target.value), Key{"--to"},
          "'{}' is no METRIC=VALUE; write one such as accuracy=88", text);
  return target;
}

Metric metric_named(const std::string& name, const RunRecord& record, const std::string& path) {
  std::vector<std::string> known;
  for (const auto& metric : record.metrics) {
    if (metric.name == name) return metric;
    known.push_back(metric.name);
  }
  refuse(Key{"--to"}, "{} has no metric '{}'; it has: {}", path, name, fmt::join(known, ", "));
}

int cost(const Options& options) {
  CostQuestion question{.network = parse_network(options.network, "--network"),
                        .all_reduce = options.all_reduce == "ring" ? AllReduce::ring : AllReduce::halving,
                        .compute_s = options.compute.empty() ? kNaN : parse_seconds(options.compute, "--compute"),
                        .metric = top1_accuracy(),
                        .target = kNaN};
  const Target target = parse_target(options.to);
  question.target = target.value;
  const SweepRuns found = runs_of_sweep(options.from);
  const GapTable gap = gap_table(found.runs, found.sweep, found.expected);
  question.metric = gap.metric;
  std::map<std::string, RunCost> costs;
  for (const auto& run : found.runs) {
    if (costs.contains(run.id)) continue;
    const RunRecord record = read_run_file_narrowly(run.path);
    question.metric = metric_named(target.metric.empty() ? gap.metric.name : target.metric, record, run.path);
    costs.emplace(run.id, run_cost(record, question.metric, question.all_reduce));
  }
  const CostTable table = cost_table(gap, costs, question);
  fmt::print("{}", options.format == "json"    ? cost_json(table)
                   : options.format == "csv"   ? cost_csv(table)
                   : options.format == "latex" ? cost_latex(table)
                                               : cost_markdown(table));
  return found.all_used ? 0 : 1;
}

}  // namespace

Command add_cost(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->from.with_steps = true;
  command.add_option("DIR", options->from.places, "run files, or directories with them, searched recursively")->required();
  command.add_option("--network", options->network, "latency of a message and bandwidth of a node, each way: b/s bits, B/s bytes")->capture_default_str();
  command.add_option("--all-reduce", options->all_reduce, "of exact averages and centralized training: ring, in 2 (n - 1) rounds, or halving, in 2 log2 n")
      ->check(CLI::IsMember({"ring", "halving"}))
      ->capture_default_str();
  command.add_option("--compute", options->compute, "seconds of a step's computing on a node, such as 8.4ms (default: measured, one core per node)");
  command.add_option("--to", options->to, "METRIC=VALUE, the score that ends the clock (default: the baseline's at the end, less the margin delta)");
  command.add_option("--format", options->format, "md (a table for the terminal), csv, json or latex")
      ->check(CLI::IsMember({"md", "csv", "json", "latex"}))
      ->capture_default_str();
  command.add_option("--sweep", options->from.sweep, "sweep file: takes only its runs (default: what the run files say of their sweep)");
  command.add_option("--set", options->from.sets, "with --sweep: override, as it was given to run")->allow_extra_args(false);
  command.footer("Seconds are modelled in closed form, but for computing, which is measured unless given; harness/gap/README.md has the formulas.");
  return [options] {
    require(options->from.sets.empty() || !options->from.sweep.empty(), Key{"--set"}, "changes a sweep file: name it with --sweep");
    return cost(*options);
  };
}

}  // namespace xib
