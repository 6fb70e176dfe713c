#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

#include "datasets/dataset.hpp"
#include "datasets/partition.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/control/gauge.hpp"
#include "harness/control/method.hpp"
#include "harness/control/policy.hpp"
#include "harness/core/row_of.hpp"
#include "harness/core/text.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/record/columns.hpp"
#include "harness/sweep/fields.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/problems.hpp"
#include "harness/train/algorithm.hpp"
#include "harness/train/optimizer.hpp"

namespace xib {
namespace {

struct Entry {
  std::string name, arguments, help;
};
using Entries = std::vector<Entry>;

template <class Table>
Entries entries_of(const Table& table) {
  Entries entries;
  for (const auto& row : table) {
    Entry entry{std::string(row.name), "", std::string(row.help)};
    if constexpr (requires { row.arguments; }) entry.arguments = row.arguments;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Entries keys() {
  Entries entries;
  for (const Field& field : run_fields()) {
    if (!field.instead.empty()) continue;
    std::string range = range_text(field);
    if (!field.members.empty()) range = field.members;
    if (!field.set.empty() && field.members.empty()) range = fmt::format("one of `xibench list {}`", field.set);
    entries.push_back({std::string(field.key), range.empty() ? std::string(expected(field.kind)) : range, std::string(field.help)});
  }
  return entries;
}

template <class Row, std::size_t N>
void add_columns(Entries& entries, std::string_view group, const Column<Row> (&columns)[N]) {
  for (const auto& column : columns) {
    std::string what;
    with_member(column, [&]<class T>(auto, std::type_identity<T>) {
      what = std::string(type_name<T>());
      if constexpr (!std::is_same_v<T, std::string>) what += fmt::format(", {}, {}", column.units, column.allowed.text());
    });
    entries.push_back({fmt::format("{}/{}", group, column.name), what + (column.science ? ", science" : ""), std::string(column.description)});
  }
}

Entries columns() {
  Entries entries;
  add_columns(entries, "/steps", kStepColumns);
  add_columns(entries, "/evaluations", kEvaluationColumns);
  add_columns(entries, "/phases", kPhaseColumns);
  add_columns(entries, "/metrics", kMetricColumns);
  add_columns(entries, "/provenance/attempts", kAttemptColumns);
  return entries;
}

// One closed set that sweep files choose from, or that run files hold.
struct Set {
  std::string_view name, key, help;
  std::string_view second;  // title of the entries' second column
  Entries (*entries)();
};

constexpr Set kSets[] = {
    {"algorithms", "train.algorithm", "how a step trains", "arguments", [] { return entries_of(algorithms()); }},
    {"optimizers", "train.optimizer", "how a node steps along its gradients", "arguments", [] { return entries_of(optimizers()); }},
    {"policies", "control.policy", "how much the nodes communicate in a step", "arguments", [] { return entries_of(policies()); }},
    {"methods", "control.method", "how a policy that holds a target finds the rounds of a step", "arguments", [] { return entries_of(methods()); }},
    {"gauges", "control.gauge", "how the consensus distance is measured for the record", "arguments", [] { return entries_of(gauges()); }},
    {"topologies", "topology.name", "who sends to whom", "arguments", [] { return entries_of(topologies()); }},
    {"weights", "topology.weights", "the weights of a mixing matrix", "", [] { return entries_of(weight_rules()); }},
    {"models", "model.name", "networks", "arguments", [] { return entries_of(models()); }},
    {"datasets", "data.dataset", "data sets", "arguments", [] { return entries_of(datasets()); }},
    {"problems", "data.dataset", "constructed problems with known constants", "arguments", [] { return entries_of(problems()); }},
    {"partitions", "data.partition", "how the data are divided among the nodes", "arguments", [] { return entries_of(partitions()); }},
    {"keys", "", "the keys of a sweep file", "values", keys},
    {"columns", "", "the columns of a run file: steps, evaluations, phases, attempts", "type, unit, values", columns},
};

nlohmann::ordered_json as_json(const Entries& entries) {
  auto rows = nlohmann::ordered_json::array();
  for (const Entry& entry : entries) rows.push_back({{"name", entry.name}, {"arguments", entry.arguments}, {"help", entry.help}});
  return rows;
}

int list(const std::string& name, bool json) {
  const std::span all(kSets);
  const std::span chosen = name.empty() ? all : std::span(&row_of(all, name, "set"), 1);
  if (json) {
    nlohmann::ordered_json sets;
    for (const Set& set : chosen) sets[std::string(set.name)] = as_json(set.entries());
    fmt::print("{}\n", json_text(sets));
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  if (name.empty()) {
    rows.push_back({"set", "key", "what"});
    for (const Set& set : all) rows.push_back({std::string(set.name), std::string(set.key), std::string(set.help)});
  } else {
    const Set& set = chosen.front();
    rows.push_back({std::string(set.name), std::string(set.second), "help"});
    for (const Entry& entry : set.entries()) rows.push_back({entry.name, entry.arguments, entry.help});
  }
  fmt::print("{}", text_table(rows));
  return 0;
}

}  // namespace

Command add_list(CLI::App& command) {
  struct Options {
    std::string set;
    bool json = false;
  };
  const auto o = std::make_shared<Options>();
  command.add_option(
      "SET", o->set,
      "algorithms, optimizers, policies, gauges, topologies, weights, models, datasets, problems, partitions, keys or columns (default: list the sets)");
  command.add_flag("--json", o->json, "print JSON; without SET, of all sets");
  return [o] { return list(o->set, o->json); };
}

}  // namespace xib
