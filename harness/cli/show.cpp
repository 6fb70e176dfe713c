#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/text.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/run_file.hpp"
#include "harness/record/validate.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string path;
  bool json = false, digest = false, validate = false;
};

// One character per bin of equal width, the height its largest value between 0 and the overall maximum; blank where nothing was
// measured. Largest, so that a single spike in a long run is seen.
std::string sparkline(const std::vector<double>& values, std::size_t width = 60) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double most = 0;
  for (const double value : values) {
    if (std::isfinite(value)) most = std::max(most, value);
  }
  std::string line;
  const std::size_t bins = std::min(width, values.size());
  for (std::size_t b = 0; b < bins; ++b) {
    double peak = kNaN;
    for (std::size_t i = b * values.size() / bins; i < (b + 1) * values.size() / bins; ++i) {
      if (std::isfinite(values[i])) peak = std::isnan(peak) ? values[i] : std::max(peak, values[i]);
    }
    const double height = most > 0 ? std::clamp(peak / most, 0.0, 1.0) : 0;
    line += std::isnan(peak) ? " " : kBars[static_cast<std::size_t>(std::lround(height * 7))];
  }
  return line;
}

template <class Row>
std::vector<double> column(const std::vector<Row>& rows, double Row::*member) {
  std::vector<double> values;
  for (const Row& row : rows) values.push_back(row.*member);
  return values;
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json number_or_null(std::int64_t value) { return value; }

Json to_json(const RunRecord& record, const std::string& digest) {
  Json out = {{"schema", "xibench-show"},
              {"schema_version", 1},
              {"run_id", record.run_id},
              {"name", record.name},
              {"variant", record.variant},
              {"seed", record.seed},
              {"outcome", name_of(record.outcome)},
              {"nodes", record.nodes},
              {"steps", record.steps.size()},
              {"final_model_sha256", record.final_model_sha256},
              {"science_digest", digest}};
  out["config"] = Json::parse(record.config_json, nullptr, /*allow_exceptions=*/false);
  if (out["config"].is_discarded()) out["config"] = record.config_json;
  out["metrics"] = Json::array();
  for (const Metric& metric : record.metrics)
    out["metrics"].push_back({{"name", metric.name}, {"unit", metric.unit}, {"better", metric.better}, {"description", metric.description}});
  Json problem = Json::object();
  for (const auto& number : kProblemNumbers) problem[std::string(number.name)] = number_or_null(record.problem.*number.member);
  out["problem"] = problem;
  Json summary = Json::object();
  for_each_entry(summarize(record), [&](const std::string& name, const auto& value) { summary[name] = number_or_null(value); });
  out["summary"] = summary;
  out["phases"] = out["evaluations"] = Json::array();
  for (const auto& row : record.phases) {
    out["phases"].push_back({{"first_step", row.first_step},
                             {"last_step", row.last_step},
                             {"topology", row.topology},
                             {"policy", row.policy},
                             {"target", number_or_null(row.target)},
                             {"target_first", number_or_null(row.target_first)},
                             {"target_min", number_or_null(row.target_min)},
                             {"target_source", row.target_source},
                             {"consensus_distance_mean", number_or_null(row.consensus_distance_mean)},
                             {"consensus_distance_max", number_or_null(row.consensus_distance_max)},
                             {"rounds", row.rounds},
                             {"bytes_sent", row.bytes_sent}});
  }
  for (const auto& row : record.evaluations) {
    out["evaluations"].push_back({{"step", row.step},
                                  {"epoch", row.epoch},
                                  {"test_accuracy_mean_model", number_or_null(row.test_accuracy_mean_model)},
                                  {"test_loss_mean_model", number_or_null(row.test_loss_mean_model)},
                                  {"suboptimality_mean_model", number_or_null(row.suboptimality_mean_model)},
                                  {"train_seconds", row.train_seconds}});
    for (const OwnColumn& own : own_columns(record.metrics))
      if (is_measured(record, own)) out["evaluations"].back()[own.name] = number_or_null(value_of(row, own.name));
  }
  Json provenance = Json::object();
  for (const auto& [name, value] : record.provenance) provenance[name] = value;
  out["provenance"] = provenance;
  return out;
}

// The leaves of the configuration, as dotted keys; a few to a line.
void print_config(const std::string& text) {
  const auto config = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return;
  std::string line = "config     ";
  const auto add = [&](const std::string& item) {
    if (line.size() + item.size() > 118) {
      fmt::print("{}\n", line);
      line = "           ";
    }
    line += " " + printable(item);
  };
  for (const auto& [key, value] : config.items()) {
    if (!value.is_object()) add(fmt::format("{}={}", key, value.dump()));
    if (!value.is_object()) continue;
    for (const auto& [inner, leaf] : value.items()) add(fmt::format("{}.{}={}", key, inner, leaf.is_string() ? leaf.get<std::string>() : leaf.dump()));
  }
  fmt::print("{}\n", line);
}

void print_phases(const RunRecord& record) {
  fmt::print("\nphase  steps            topology          policy            target     Ξ mean     Ξ max      rounds     sent\n");
  for (std::size_t k = 0; k < record.phases.size(); ++k) {
    const PhaseRow& row = record.phases[k];
    fmt::print("{:<6} {:<16} {:<17} {:<17} {:<10} {:<10} {:<10} {:<10} {}\n", k + 1, fmt::format("{}-{}", row.first_step, row.last_step), row.topology,
               row.policy, cell(row.target), cell(row.consensus_distance_mean), cell(row.consensus_distance_max), row.rounds,
               with_prefix(static_cast<double>(row.bytes_sent), "B", 4));
    if (row.target_min < row.target || row.target_min < row.target_first)
      fmt::print("       target {} at first, {} at last, {} at least\n", cell(row.target_first), cell(row.target), cell(row.target_min));
  }
}

// The first, the last and evenly spaced ones between: a screen holds about ten.
void print_evaluations(const RunRecord& record) {
  constexpr std::size_t kLines = 10;
  const Metric& first = record.metrics.front();
  const auto title = [](const Metric& metric) { return Metric::with_unit(metric.label(), metric.symbol()); };
  std::vector<std::size_t> widths;
  std::string header = fmt::format("\n{:<8} {:<10} ", "epoch", "step");
  for (const Metric& metric : record.metrics) {
    const std::string text = &metric == &first && record.metrics.size() > 1 ? title(metric) : "test " + title(metric);
    widths.push_back(std::max<std::size_t>(11, text.size()));
    header += fmt::format("{:<{}} ", text, widths.back());
  }
  fmt::print("{}{:<21} train s\n", header, Metric::with_unit(fmt::format("nodes: mean / {}", first.higher_is_better() ? "min" : "max"), first.symbol()));
  const std::size_t count = record.evaluations.size(), lines = std::min(kLines, count);
  for (std::size_t line = 0; line < lines; ++line) {
    const EvaluationRow& row = record.evaluations[lines == 1 ? 0 : line * (count - 1) / (lines - 1)];
    double sum = 0, worst = row.test_nodes.empty() ? kNaN : row.test_nodes.front();
    for (const double value : row.test_nodes) {
      sum += value;
      worst = first.worse(worst, value);
    }
    const double mean = row.test_nodes.empty() ? kNaN : sum / static_cast<double>(row.test_nodes.size());
    std::string values;
    for (std::size_t k = 0; k < widths.size(); ++k) values += fmt::format("{:<{}} ", cell(value_of(row, test_column(record.metrics[k]))), widths[k]);
    fmt::print("{:<8} {:<10} {}{:<21} {}\n", cell(row.epoch), row.step, values, cell(mean) + " / " + cell(worst), cell(row.train_seconds));
  }
  if (count > lines) fmt::print("({} of {} evaluations; all are in /evaluations)\n", lines, count);
}

void print_curve(std::string_view title, const std::vector<double>& values) {
  double least = kNaN, most = kNaN;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    least = std::fmin(least, value);
    most = std::fmax(most, value);
  }
  if (!std::isnan(most)) fmt::print("{} {}  {} to {}\n", title, sparkline(values), cell(least), cell(most));
}

void print_screen(const RunRecord& record, const std::string& digest) {
  fmt::print("{} {}{}{} seed {}: {}, {} steps on {} nodes\n", record.run_id, printable(record.name), record.variant.empty() ? "" : " / ",
             printable(record.variant), record.seed, name_of(record.outcome), record.steps.size(), record.nodes);
  print_config(record.config_json);
  if (const auto& p = record.problem; !std::isnan(p.L))
    fmt::print("problem      L {}, μ {}, σ² {}, ζ² {}, f* {} (σ², ζ² at the optimum)\n", cell(p.L), cell(p.mu), cell(p.sigma2), cell(p.zeta2), cell(p.optimum));
  print_phases(record);
  print_evaluations(record);
  fmt::print("\n");
  print_curve("Ξ       ", column(record.steps, &StepRow::consensus_distance));
  print_curve("loss    ", column(record.steps, &StepRow::train_loss));
  std::vector<double> scores;
  for (const auto& row : record.evaluations) scores.push_back(value_of(row, test_column(record.metrics.front())));
  print_curve(fmt::format("{:<8}", record.metrics.front().name == mean_loss().name ? "test" : record.metrics.front().label()), scores);

  const auto missed = std::count_if(record.steps.begin(), record.steps.end(), [](const StepRow& row) { return !row.target_reached; });
  if (missed > 0) fmt::print("control      the target distance was not reached in {} of {} steps (control.max_rounds)\n", missed, record.steps.size());

  std::array<std::int64_t, 2> decided{};  // without and with a Gram matrix
  double measurements = 0;
  for (const StepRow& row : record.steps)
    if (!std::isnan(row.decision_by_gram)) ++decided[row.decision_by_gram == 1], measurements += row.decision_measurements;
  if (decided[0] + decided[1] > 0)
    fmt::print("decided      by a Gram matrix in {} steps, by the loop in {}; {:.0f} measurements of Ξ\n", decided[1], decided[0], measurements);

  const auto stragglers = std::count_if(record.steps.begin(), record.steps.end(), [](const StepRow& row) { return row.flags & flag_straggler; });
  if (stragglers > 0)
    fmt::print("stragglers   {} of {} steps took more than twice the median of comparable steps (bit 8 of /steps/flags)\n", stragglers, record.steps.size());

  if (record.outcome == Standing::diverged)
    fmt::print("diverged     in step {}: there is no final {}; rounds, bytes and seconds cover only a part of the run\n", record.steps.size(),
               record.metrics.front().label());
  const Summary s = summarize(record);
  const Score& score = s.scores.front();
  const auto shown = [&](double value) { return Metric::with_unit(cell(value), score.metric.symbol()); };
  fmt::print("\nsummary      {} {}, best {}, worst node {}; {} rounds, {} sent, {} measured, {} samples/s, {} s\n", score.metric.label(), shown(score.final),
             shown(score.best), shown(score.nodes_worst), s.total_rounds, with_prefix(static_cast<double>(s.total_bytes_sent), "B", 4),
             with_prefix(static_cast<double>(s.total_gauge_bytes_sent), "B", 4), cell(s.throughput_samples_per_s), cell(s.wall_s));
  for (const char* name : {"git_commit", "git_dirty", "host", "cpu", "gpu", "device", "compiler", "command_line"}) {
    const auto entry = std::find_if(record.provenance.begin(), record.provenance.end(), [&](const auto& pair) { return pair.first == name; });
    if (entry != record.provenance.end() && !entry->second.empty()) fmt::print("{:<12} {}\n", name, printable(entry->second));
  }
  for (const auto& attempt : record.attempts) {
    fmt::print("attempt      {} to {}: steps {}-{} on {} rank{} x {} thread{}, {}\n", attempt.start, attempt.end, attempt.first_step, attempt.last_step,
               attempt.ranks, attempt.ranks == 1 ? "" : "s", attempt.threads, attempt.threads == 1 ? "" : "s", attempt.ended);
  }
  fmt::print("model        {}\nscience      {}\n", record.final_model_sha256, digest);
}

int validate(const std::string& path) {
  const Validation validation = validate_run_file(path);
  const std::string name = printable(path);
  for (const auto& problem : validation.problems) fmt::print("{}: {}\n", name, printable(problem));
  for (const auto& odd : validation.odd) fmt::print("{}: unusual, but usable: {}\n", name, printable(odd));
  if (!validation.problems.empty()) return 1;
  fmt::print("{}: valid ({} checksums compared)\n", name, validation.compared);
  return 0;
}

int show(const Options& options) {
  if (options.validate) return validate(options.path);
  const std::string digest = science_digest_of_file(options.path);
  if (options.digest) {
    fmt::print("{}\n", digest);
    return 0;
  }
  const RunRecord record = read_run_file_narrowly(options.path);
  if (options.json) {
    fmt::print("{}\n", json_text(to_json(record, digest)));
  } else {
    print_screen(record, digest);
  }
  return 0;
}

}  // namespace

Command add_show(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("RUN.h5", options->path, "run file")->required();
  auto* json = command.add_flag("--json", options->json, "print everything but the rows as JSON");
  auto* digest = command.add_flag("--science-digest", options->digest, "print one SHA-256 of the recorded science; equal runs have equal digests");
  auto* check = command.add_flag("--validate", options->validate, "check checksums, lengths and ranges; exit status 1 if something is wrong");
  json->excludes(digest)->excludes(check);
  digest->excludes(check);
  return [options] { return show(*options); };
}

}  // namespace xib
