#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/record/digest_feed.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/read_array.hpp"
#include "harness/record/read_topologies.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

bool has_hdf5_signature(std::FILE* file) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  std::array<char, kSignature.size()> begin{};
  return std::fread(begin.data(), 1, begin.size(), file) == begin.size() && std::string_view(begin.data(), begin.size()) == kSignature;
}

// The checks that need no HDF5, so that the commonest mistakes get plain words.
void check_readable(const std::string& path) {
  const OpenFile file = open_file(path, "name an .h5 file of a results directory");
  require(path.ends_with(".h5") || has_hdf5_signature(file.get()),
          "{} is not a run file: name an .h5 file of a results directory (for a sweep file use xibench plan)", path);
}

// The first thing read: what the manifest of another schema means is not for us to say.
void check_schema(const Hdf5Reader& file, const std::string& name) {
  if (!file.has_attribute("/", "schema") || file.unchecked_attribute<std::string>("/", "schema") != kSchema) {
    throw Hdf5Failure(fmt::format("it is an HDF5 file, but not of schema {}", kSchema));
  }
  const auto version = file.unchecked_attribute<std::int64_t>("/", "schema_version");
  if (version > kSchemaVersion) {
    throw NewerRunFile(
        fmt::format("cannot read {}: it has schema version {}, this program reads up to {}: use a newer xibench", name, version, kSchemaVersion));
  }
}

// only: of these columns, which the table must know; empty: of all.
template <class Row, std::size_t N>
std::vector<Row> read_table(const Hdf5Reader& file, const std::string& group, const Column<Row> (&columns)[N], const std::string& axis,
                            std::span<const std::string_view> only = {}) {
  const Shape shape = file.shape(axis);
  if (shape.size() != 1) throw Hdf5Failure(axis + " has not one dimension");
  for (const std::string_view name : only)
    require(std::any_of(std::begin(columns), std::end(columns), [&](const auto& column) { return column.name == name; }), "{} has no column {}", group, name);
  std::vector<Row> rows(shape[0]);
  for (const auto& column : columns) {
    if (!only.empty() && std::find(only.begin(), only.end(), column.name) == only.end()) continue;
    const std::string path = group + "/" + std::string(column.name);
    if (!file.has(path)) {
      if (column.presence != Presence::always) continue;
      throw Hdf5Failure("dataset " + path + " is missing");
    }
    with_member(column, [&]<class T>(auto member, std::type_identity<T>) {
      const auto values = file.dataset<T>(path);
      if (values.size() != rows.size()) {
        throw Hdf5Failure(fmt::format("{} has {} values, {} has {}", path, values.size(), axis, rows.size()));
      }
      scatter(values, member, rows);
    });
  }
  return rows;
}

std::size_t read_axis(const Hdf5Reader& file, const std::string& path) { return file.shape(path).at(0); }

std::vector<Metric> read_metrics(const Hdf5Reader& file) {
  if (!file.has("/metrics")) return unlisted_metrics(read_axis(file, "/partition/class"));
  auto metrics = read_table(file, "/metrics", kMetricColumns, "/metrics/metric");
  if (metrics.empty()) throw Hdf5Failure("/metrics lists none");
  for (const Metric& metric : metrics)
    if (metric.better != kHigher && metric.better != kLower)
      throw Hdf5Failure(fmt::format("/metrics/better says '{}' of {}, not {} or {}", metric.better, metric.name, kHigher, kLower));
  return metrics;
}

void read_evaluations(const Hdf5Reader& file, RunRecord& record) {
  record.evaluations = read_table(file, "/evaluations", kEvaluationColumns, "/evaluations/step");
  const auto nodes = static_cast<std::size_t>(record.nodes);
  for (const OwnColumn& column : own_columns(record.metrics)) {
    const auto values = read_array<double>(file, "/evaluations/" + column.name, {record.evaluations.size()});
    for (std::size_t e = 0; e < values.size(); ++e) set_value(record.evaluations[e], column.name, values[e]);
  }
  const auto of_nodes = read_array<double>(file, "/evaluations/" + nodes_column(record.metrics.front()), {record.evaluations.size(), nodes});
  if (of_nodes.empty()) return;
  for (std::size_t e = 0; e < record.evaluations.size(); ++e) {
    const auto first = of_nodes.begin() + static_cast<std::ptrdiff_t>(e * nodes), last = first + static_cast<std::ptrdiff_t>(nodes);
    if (std::all_of(first, last, [](double value) { return std::isnan(value); })) continue;  // not measured
    record.evaluations[e].test_nodes.assign(first, last);
  }
}

// Sorted by name: HDF5 keeps no order of attributes in files that every version of it can open.
std::vector<std::pair<std::string, std::string>> read_provenance(const Hdf5Reader& file) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& name : file.text_attributes("/provenance")) {
    if (name != "NX_class") entries.emplace_back(name, file.attribute<std::string>("/provenance", name));
  }
  for (const auto& name : file.children("/provenance")) {
    const std::string path = "/provenance/" + name;
    if (file.is_text(path)) entries.emplace_back(name, file.text(path));
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

// True for attributes of /summary that version 1 did not have at first; for older files the reader takes the sum of their column, or NaN.
bool is_later(const std::string& summary_name) {
  constexpr std::string_view kFirst[] = {"final_test_accuracy", "final_test_accuracy_nodes_mean", "final_test_accuracy_nodes_min", "best_test_accuracy",
                                         "final_test_loss"};
  const bool of_score = summary_name.starts_with("final_test_") || summary_name.starts_with("best_test_");
  return summary_name == "total_gauge_bytes_sent" || summary_name == "total_decision_bytes_sent" || summary_name == "target_missed_steps" ||
         (of_score && std::find(std::begin(kFirst), std::end(kFirst), summary_name) == std::end(kFirst));
}

Summary read_summary(const Hdf5Reader& file, std::size_t phases, const std::vector<Metric>& metrics) {
  Summary summary = summary_of(metrics);
  summary.mean_consensus_distance_phase.resize(phases);
  for_each_entry(summary, [&]<class T>(const std::string& name, T& value) {
    if (!is_later(name) || file.has_attribute("/summary", name)) value = file.attribute<T>("/summary", name);
  });
  return summary;
}

void read_texts(const Hdf5Reader& file, RunRecord& record) {
  for (const auto& text : kRootTexts) {
    const auto value = file.attribute<std::string>("/", std::string(text.name));
    if (!text.put(record, value)) throw Hdf5Failure(fmt::format("/@{} is '{}', which is unknown", text.name, printable(value)));
  }
}

// Columns with a value for each node or rank of each step.
enum class Wide { keep, check };

template <std::size_t N>
void read_wide(const Hdf5Reader& file, RunRecord& record, const std::string& group, const WideColumn (&columns)[N], std::size_t width, Wide wide) {
  const Shape shape = {record.steps.size(), width};
  for (const auto& column : columns) {
    const std::string path = group + std::string(column.name);
    if (wide == Wide::keep) {
      record.*column.member = read_array<float>(file, path, shape);
    } else if (file.has(path)) {
      check_shape(file, path, shape);
      file.each<float>(path, [](auto) {});
    }
  }
}

RunRecord read_record(const Hdf5Reader& file, Wide wide) {
  RunRecord record;
  read_texts(file, record);
  record.seed = file.attribute<std::int64_t>("/", "seed");
  record.config_json = file.text("/config");
  record.config_source = file.text("/config_source");

  const std::size_t nodes = read_axis(file, "/nodes/node"), ranks = read_axis(file, "/ranks/rank"), classes = read_axis(file, "/partition/class");
  record.nodes = static_cast<std::int32_t>(nodes);
  record.ranks = static_cast<std::int32_t>(ranks);
  record.classes = static_cast<std::int32_t>(classes);

  record.steps = read_table(file, "/steps", kStepColumns, "/steps/step");
  record.phases = read_table(file, "/phases", kPhaseColumns, "/phases/phase");
  record.attempts = read_table(file, "/provenance/attempts", kAttemptColumns, "/provenance/attempts/attempt");
  record.metrics = read_metrics(file);
  read_evaluations(file, record);
  read_wide(file, record, "/nodes/", kNodeColumns, nodes, wide);
  read_wide(file, record, "/ranks/", kRankColumns, ranks, wide);
  record.topologies = read_topologies(file, nodes);
  if (file.has("/problem"))
    for (const auto& number : kProblemNumbers) record.problem.*number.member = file.attribute<double>("/problem", std::string(number.name));
  record.class_histogram = read_array<std::int64_t>(file, "/partition/class_histogram", {nodes, classes});
  record.provenance = read_provenance(file);
  read_summary(file, record.phases.size(), record.metrics);  // tables of runs show it, so damage there is damage of the run
  return record;
}

RunHeader read_header(const Hdf5Reader& file) {
  RunHeader header;
  RunRecord texts;
  read_texts(file, texts);
  header.run_id = texts.run_id;
  header.name = texts.name;
  header.variant = texts.variant;
  header.outcome = texts.outcome;
  header.final_model_sha256 = texts.final_model_sha256;
  header.seed = file.attribute<std::int64_t>("/", "seed");
  header.config_json = file.text("/config");
  header.config_source = file.text("/config_source");
  header.phases = read_table(file, "/phases", kPhaseColumns, "/phases/phase");
  header.summary = read_summary(file, header.phases.size(), read_metrics(file));
  if (!file.has_attribute("/summary", "total_gauge_bytes_sent"))
    for (const auto bytes : file.dataset<std::int64_t>("/steps/gauge_bytes_sent")) header.summary.total_gauge_bytes_sent += bytes;
  if (!file.has_attribute("/summary", "target_missed_steps") && file.has("/steps/target_reached"))
    for (const auto reached : file.dataset<std::uint8_t>("/steps/target_reached")) header.summary.target_missed_steps += reached == 0;
  if (header.outcome == Standing::diverged) forget_final(header.summary);  // files of earlier versions state what came before
  return header;
}

// Without the columns that have a value for each node of each step in memory.
std::string digest_of(const Hdf5Reader& file, const RunRecord& record) {
  return science_digest(record, [&](Feed& feed, const WideColumn&, const std::string& name) {
    const std::size_t count = file.has(name) ? record.steps.size() * static_cast<std::size_t>(record.nodes) : 0;
    feed.begin<float>(name, count);
    if (count > 0) file.each<float>(name, [&](std::span<const float> values) { feed.more(values); });
  });
}

template <class Read>
auto read_checked(const std::string& path, Read&& read) {
  check_readable(path);
  try {
    const Hdf5Reader file(path);
    check_schema(file, path);
    return read(file);
  } catch (const Hdf5Failure& failure) {
    check_not_in_use(path, failure.what());
    refuse("{} is not a usable run file: {}; if there is no other copy, remove it and run again", path, failure.what());
  }
}

}  // namespace

void check_not_in_use(const std::string& path, std::string_view failure) {
  if (is_locked(path)) throw Unreadable(fmt::format("cannot read {}: another program has it open and may be changing it; close it there, and try again", path));
  if (failure.find("unable to lock file") != std::string_view::npos)
    throw Unreadable(fmt::format("cannot read {}: {}; set HDF5_USE_FILE_LOCKING=FALSE, a run file needs no locks", path, failure));
}

RunRecord read_run_file(const std::string& path) {
  return read_checked(path, [](const Hdf5Reader& file) { return read_record(file, Wide::keep); });
}
RunRecord read_run_file_narrowly(const std::string& path) {
  return read_checked(path, [](const Hdf5Reader& file) { return read_record(file, Wide::check); });
}
std::string science_digest_of_file(const std::string& path) {
  return read_checked(path, [](const Hdf5Reader& file) { return digest_of(file, read_record(file, Wide::check)); });
}
RunFile read_whole_run(const std::string& path) {
  return read_checked(path, [](const Hdf5Reader& file) {
    RunFile run{read_record(file, Wide::check), read_header(file), ""};
    run.science_digest = digest_of(file, run.record);
    return run;
  });
}
RunFile read_part_of_run(const std::string& path, std::span<const std::string_view> step_columns, std::span<const std::string_view> facts) {
  return read_checked(path, [&](const Hdf5Reader& file) {
    RunFile run;
    run.header = read_header(file);
    const std::size_t nodes = read_axis(file, "/nodes/node");
    run.record.nodes = static_cast<std::int32_t>(nodes);
    run.record.metrics.clear();
    for (const Score& score : run.header.summary.scores) run.record.metrics.push_back(score.metric);
    run.record.phases = run.header.phases;
    run.record.topologies = read_topologies(file, nodes);
    run.record.steps = read_table(file, "/steps", kStepColumns, "/steps/step", step_columns);
    for (const std::string_view fact : facts)  // a text is an attribute, or where it is long a dataset
      if (const std::string name(fact), text = "/provenance/" + name; file.has_attribute("/provenance", name))
        run.record.provenance.emplace_back(name, file.attribute<std::string>("/provenance", name));
      else if (file.has(text))
        run.record.provenance.emplace_back(name, file.text(text));
    return run;
  });
}
RunHeader read_run_header(const std::string& path) { return read_checked(path, read_header); }

}  // namespace xib
