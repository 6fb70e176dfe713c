#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/text.hpp"
#include "harness/graph/default_weights.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/graph/weights.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string name, weights;
  int nodes = 16;
  std::int64_t dim = 1;
  std::uint64_t seed = 1;
  double decay = 0.9;
  bool json = false, csv = false, matrix = false, dot = false;
};

struct Measured {
  std::string topology, weights;
  const MixingSchedule* schedule;
  Spectrum spectrum;
  RoundTraffic traffic;
  const Options* options;
};

std::string kind(const MixingSchedule& schedule) {
  if (schedule.period() == 0) return "random";
  if (schedule.period() > 1) return "time-varying";
  return graph_of(schedule.at(0)).directed() ? "directed" : "undirected";
}

// The facts to print: lines of one graph, columns of all, keys of the JSON.
struct Column {
  const char* key;
  const char* title;  // of the line
  Json (*value)(const Measured&);
};

constexpr double kReduction = 1000;

const Column kColumns[] = {
    {"topology", "topology", [](const Measured& m) { return Json(m.topology); }},
    {"weights", "weights", [](const Measured& m) { return Json(m.weights); }},
    {"nodes", "nodes", [](const Measured& m) { return Json(m.schedule->nodes()); }},
    {"kind", "kind", [](const Measured& m) { return Json(kind(*m.schedule)); }},
    {"period", "rounds of a period (0: random)", [](const Measured& m) { return Json(m.spectrum.period); }},
    {"degree", "degree: most messages received in a round", [](const Measured& m) { return Json(m.traffic.most_received); }},
    {"lambda2", "second largest eigenvalue", [](const Measured& m) { return Json(m.spectrum.lambda2); }},
    {"lambda_min", "smallest eigenvalue", [](const Measured& m) { return Json(m.spectrum.lambda_min); }},
    {"gap", "spectral gap", [](const Measured& m) { return Json(m.spectrum.gap); }},
    {"contraction", "contraction ||W_T ... W_1 - J||", [](const Measured& m) { return Json(m.spectrum.contraction); }},
    {"contraction_rounds", "rounds T of that contraction",
     [](const Measured& m) { return m.spectrum.contraction_rounds ? Json(m.spectrum.contraction_rounds) : Json(); }},
    {"p", "mixing parameter p of a round", [](const Measured& m) { return Json(m.spectrum.p); }},
    {"p_error", "standard error of p where it is sampled", [](const Measured& m) { return m.spectrum.samples ? Json(m.spectrum.p_error) : Json(); }},
    {"effective_neighbors", "effective number of neighbors", [](const Measured& m) { return Json(effective_neighbors(*m.schedule, m.options->decay)); }},
    {"rounds_to_reduce_1000", "rounds that reduce the consensus distance by 1000",
     [](const Measured& m) {
       const double rounds = rounds_to_reduce(m.spectrum, kReduction);
       return rounds < 0 ? Json() : Json(static_cast<std::int64_t>(rounds));
     }},
    {"messages", "messages sent per round and node", [](const Measured& m) { return Json(m.traffic.sent); }},
    {"most_sent", "most messages that a node sends in a round", [](const Measured& m) { return Json(m.traffic.most_sent); }},
    {"bytes", "bytes sent per round and node", [](const Measured& m) { return Json(m.traffic.sent * static_cast<double>(m.options->dim) * sizeof(float)); }},
};

Json row(const MixingSchedule& schedule, const std::string& topology, const std::string& weights, const Options& options) {
  const Measured m{topology, weights, &schedule, spectrum(schedule), round_traffic(schedule), &options};
  Json out;
  for (const auto& column : kColumns) {
    Json value = column.value(m);
    out[column.key] = value.is_number_float() && !std::isfinite(value.get<double>()) ? Json() : value;
  }
  return out;
}

// Field of CSV, quoted as in RFC 4180.
std::string quoted(const std::string& field) {
  std::string out = "\"";
  for (const char c : printable(field)) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string text(const Json& value, bool exact) {
  if (value.is_null()) return exact ? "" : "-";
  if (value.is_string())
    return exact && value.get<std::string>().find_first_of(",\"") != std::string::npos ? quoted(value.get<std::string>()) : printable(value.get<std::string>());
  if (value.is_number_float()) return exact ? fmt::format("{}", value.get<double>()) : fmt::format("{:.6g}", value.get<double>());
  return value.dump();
}

void print_csv(const std::vector<Json>& rows) {
  std::vector<std::string> fields;
  for (const auto& column : kColumns) fields.emplace_back(column.key);
  fmt::print("{}\n", fmt::join(fields, ","));
  for (const auto& r : rows) {
    fields.clear();
    for (const auto& column : kColumns) fields.push_back(text(r[column.key], true));
    fmt::print("{}\n", fmt::join(fields, ","));
  }
}

void print_table(const std::vector<Json>& rows) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : kColumns) lines[0].emplace_back(column.key);
  for (const auto& r : rows) {
    lines.emplace_back();
    for (const auto& column : kColumns) lines.back().push_back(text(r[column.key], false));
  }
  fmt::print("{}", text_table(lines));
}

void print_lines(const Json& r) {
  for (const auto& column : kColumns)
    if (!r[column.key].is_null()) fmt::print("{:<50} {}\n", column.title, text(r[column.key], false));
}

// 17 digits: read back by matrix("FILE") to the same bits.
void print_matrix(const MixingSchedule& schedule) {
  for (std::int64_t t = 0; t < std::max<std::int64_t>(1, schedule.period()); ++t) {
    const MixingMatrix& w = schedule.at(t);
    if (schedule.period() != 1) fmt::print("# round {}\n", t);
    for (int i = 0; i < w.size(); ++i) {
      std::vector<double> values(static_cast<std::size_t>(w.size()));
      for (const auto& [j, value] : w.row(i)) values[static_cast<std::size_t>(j)] = value;
      fmt::print("{:.17g}\n", fmt::join(values, ","));
    }
  }
}

// Graphviz, each edge in the direction in which it sends; in time-varying graphs with the number of its round.
void print_dot(const MixingSchedule& schedule, const std::string& name) {
  const std::int64_t rounds = std::max<std::int64_t>(1, schedule.period());
  bool directed = false;
  for (std::int64_t t = 0; t < rounds; ++t) directed = directed || graph_of(schedule.at(t)).directed();
  fmt::print("{} {} {{\n  layout=circo;\n", directed ? "digraph" : "graph", Json(printable(name)).dump());  // quoted as DOT quotes
  for (int i = 0; i < schedule.nodes(); ++i) fmt::print("  {};\n", i);
  for (std::int64_t t = 0; t < rounds; ++t) {
    const MixingMatrix& w = schedule.at(t);
    for (int i = 0; i < w.size(); ++i)
      for (const auto& [j, value] : w.row(i)) {
        if (j == i || (!directed && j > i)) continue;
        const std::string round = rounds > 1 ? fmt::format(", label=\"{}\", colorscheme=dark28, color={}", t, t % 8 + 1) : "";
        fmt::print("  {} {} {} [weight={:.6g}{}];\n", j, directed ? "->" : "--", i, value, round);
      }
  }
  fmt::print("}}\n");
}

// All graphs at one n. Without --weights each with the first rule that it has.
std::vector<Json> compare(const Options& options) {
  const std::vector<std::string> rules =
      options.weights.empty() ? std::vector<std::string>{"uniform", "metropolis", "push-sum"} : std::vector<std::string>{options.weights};
  std::vector<Json> rows;
  for (const auto& info : topologies()) {
    if (info.example == "-") continue;
    const std::string name(info.example.empty() ? info.name : info.example);
    std::optional<MixingSchedule> schedule;
    std::string refusal;
    for (std::size_t k = 0; k < rules.size() && !schedule; ++k) try {
        schedule = make_mixing(name, rules[k], options.nodes, options.seed);
        rows.push_back(row(*schedule, name, rules[k], options));
      } catch (const Error& error) {
        if (error.fault() != Fault::input) throw;
        if (refusal.empty()) refusal = error.what();
      }
    if (!schedule) notify("left out: {}\n", refusal);
  }
  require(!rows.empty(), "no topology exists with {} nodes and weights '{}': use other weights", options.nodes, options.weights);
  return rows;
}

int run_topology(const Options& options) {
  require(options.nodes >= 1, Key{"--nodes"}, "{} is too few; a topology needs at least one node", options.nodes);
  require(options.dim >= 1, Key{"--dim"}, "{} is too few; a model has at least one parameter", options.dim);
  require(0 <= options.decay && options.decay < 1, Key{"--decay"}, "{} is out of range; use a value in [0, 1)", options.decay);
  if (!options.weights.empty()) check_rule(options.weights);
  const bool one = !options.name.empty();
  require(one || !(options.matrix || options.dot), Key{options.matrix ? "--matrix" : "--dot"}, "prints one graph: give its name, such as ring");
  if (!one) {
    const auto rows = compare(options);
    if (options.json)
      fmt::print("{}\n", json_text(rows));
    else if (options.csv)
      print_csv(rows);
    else
      print_table(rows);
    return 0;
  }
  const std::string weights = options.weights.empty() ? default_weights(options.name, options.nodes, options.seed) : options.weights;
  const MixingSchedule schedule = make_mixing(options.name, weights, options.nodes, options.seed);
  if (options.matrix) {
    print_matrix(schedule);
  } else if (options.dot) {
    print_dot(schedule, Term::parse(options.name).text());
  } else {
    const Json r = row(schedule, Term::parse(options.name).text(), weights, options);
    if (options.json)
      fmt::print("{}\n", json_text(r));
    else if (options.csv)
      print_csv({r});
    else
      print_lines(r);
  }
  return 0;
}

std::string listing() {
  std::string out = "Topologies:\n";
  for (const auto& info : topologies())
    out += fmt::format("  {:<34} {}\n", info.arguments.empty() ? std::string(info.name) : fmt::format("{}({})", info.name, info.arguments), info.help);
  out += "Weights:\n";
  for (const auto& rule : weight_rules()) out += fmt::format("  {:<34} {}\n", rule.name, rule.help);
  return out;
}

}  // namespace

Command add_topology(CLI::App& command) {
  auto options = std::make_shared<Options>();
  const CLI::Validator not_negative([](std::string& seed) { return seed.starts_with('-') ? "is negative: seeds count from 0" : ""; }, "");
  command.add_option("name", options->name, "graph, such as ring or \"torus(4, 8)\" (default: compare all)");
  command.add_option("--nodes,-n", options->nodes, "number of nodes")->capture_default_str();
  command.add_option("--weights", options->weights,
                     "weight rule (default: uniform if it keeps the mean, else metropolis; in the comparison push-sum for directed graphs)");
  command.add_option("--dim", options->dim, "number of model parameters, for the bytes")->capture_default_str();
  command.add_option("--seed", options->seed, "seed of random graphs")->check(not_negative)->capture_default_str();
  command
      .add_option("--decay", options->decay,
                  fmt::format("decay per round, for the effective number of neighbors (not computed if it takes over {:g} multiplications)", kNeighborsWork))
      ->capture_default_str();
  auto* json = command.add_flag("--json", options->json, "print JSON");
  auto* csv = command.add_flag("--csv", options->csv, "print CSV");
  auto* matrix = command.add_flag("--matrix", options->matrix, "print W as CSV, one block per round of the period");
  auto* dot = command.add_flag("--dot", options->dot, "print the graph for Graphviz");
  for (auto* a : {json, csv, matrix, dot})
    for (auto* b : {json, csv, matrix, dot})
      if (a != b) a->excludes(b);
  command.footer(listing());
  return [options] { return run_topology(*options); };
}

}  // namespace xib
