#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/rows.hpp"
#include "harness/record/step_totals.hpp"

namespace xib {

// Rows of steps that come before those of a record and are not in memory.
struct EarlierRows {
  std::int64_t steps = 0;
  std::function<void(const std::function<void(const Rows&)>& visit)> each = {};  // calls visit for all of them in order, some at a time
};

// Writes the whole run file: writes `path`[.token].partial, reads it back to verify it, fsyncs, renames it, and fsyncs the directory. Afterwards `path` is
// complete or does not exist. Rows go through memory a chunk of a column at a time. Throws Error(work), which names the path and the reason.
void write_run_file(const std::string& path, const RunRecord& record, const Incarnation& by = {});
void write_run_file(const std::string& path, const RunRecord& record, const EarlierRows& earlier, const StepTotals& totals, const Incarnation& by = {});

// Error for a file that is whole, but was written by a newer xibench.
class NewerRunFile : public Error {
 public:
  explicit NewerRunFile(const std::string& message) : Error(Fault::input, message) {}
};

// Reads a complete run file of any schema version up to ours. Throws Error(input) with the path and the remedy if the file is missing, is not HDF5, is
// truncated, has another schema, a newer version, or lacks a dataset. Throws Unreadable (core/paths.hpp) if permissions, a disk or a lock prevent reading: the
// file may be whole.
RunRecord read_run_file(const std::string& path);

// The same without the columns that have a value for each node or rank of each step, which can be larger than memory: they are read, checked and dropped.
RunRecord read_run_file_narrowly(const std::string& path);

// Throws Unreadable if another program uses a file that HDF5 could not read for the reason `failure`: a file that is being changed only looks damaged.
void check_not_in_use(const std::string& path, std::string_view failure);

// Facts for tables of many runs, read without the rows: a few milliseconds for a run of any length.
struct RunHeader;
RunHeader read_run_header(const std::string& path);  // throws as read_run_file does

// Attributes of /summary, computed from the rows and stored by write_run_file. Final values are NaN in a run that diverged, because its last evaluation is of
// an unfinished model, and the time from it to the divergence depends on what was measured when.
struct Score {  // of one metric, on the test set
  Metric metric;
  double final = kNaN, best = kNaN;              // of the mean model: at the last evaluation; the best of all evaluations
  double nodes_mean = kNaN, nodes_worst = kNaN;  // of the nodes' own models at the last evaluation; for the first metric only
};
struct Summary {
  std::vector<Score> scores;  // of the run's metrics, in their order
  double throughput_samples_per_s = kNaN;
  std::vector<double> mean_consensus_distance_phase;
  std::int64_t total_rounds = 0, total_bytes_sent = 0, total_gauge_bytes_sent = 0;
  double total_decision_bytes_sent = kNaN;
  std::int64_t target_missed_steps = 0;  // steps in which control.max_rounds were not enough
  double wall_s = 0;
};
Summary summary_of(const std::vector<Metric>& metrics);  // with nothing measured
Summary summarize(const RunRecord& record);
Summary summarize(const RunRecord& record, const StepTotals& totals);  // totals: of all steps of the run, where the record has only the last
void forget_final(Summary& summary);                                   // removes the values that a run that diverged does not have
std::string final_text(const Summary& summary);                        // "test accuracy 88.73 %": of the first metric; "" if there is no value

// Calls visit(name, value) for every attribute of /summary; the name is a text, the value a double or std::int64_t, or a reference to one. Every file has those
// of accuracy and the final loss, as in version 0.1.0; NaN if the run has no such metric.
template <class AnySummary, class Visit>
void for_each_entry(AnySummary&& summary, Visit&& visit) {
  Score none{top1_accuracy()};
  const auto of = [&](std::string_view name) {
    const auto found = std::find_if(summary.scores.begin(), summary.scores.end(), [&](const Score& score) { return score.metric.name == name; });
    return found == summary.scores.end() ? &none : &*found;
  };
  visit("final_test_accuracy", of("accuracy")->final);
  visit("final_test_accuracy_nodes_mean", of("accuracy")->nodes_mean);
  visit("final_test_accuracy_nodes_min", of("accuracy")->nodes_worst);
  visit("best_test_accuracy", of("accuracy")->best);
  visit("final_test_loss", of("loss")->final);
  visit("throughput_samples_per_s", summary.throughput_samples_per_s);
  for (std::size_t k = 0; k < summary.mean_consensus_distance_phase.size(); ++k) {
    visit("mean_consensus_distance_phase_" + std::to_string(k + 1), summary.mean_consensus_distance_phase[k]);
  }
  visit("total_rounds", summary.total_rounds);
  visit("total_bytes_sent", summary.total_bytes_sent);
  visit("total_gauge_bytes_sent", summary.total_gauge_bytes_sent);
  visit("total_decision_bytes_sent", summary.total_decision_bytes_sent);
  visit("target_missed_steps", summary.target_missed_steps);
  visit("wall_s", summary.wall_s);
  for (auto& score : summary.scores) {
    const auto& [name, unit, better, description] = score.metric;
    const bool first = &score == &summary.scores.front();
    if (name == "accuracy" || (name == "loss" && !first)) continue;
    if (name != "loss") visit("final_test_" + name, score.final);
    visit("best_test_" + name, score.best);
    if (!first) continue;
    visit("final_test_" + name + "_nodes_mean", score.nodes_mean);
    visit("final_test_" + name + (better == kHigher ? "_nodes_min" : "_nodes_max"), score.nodes_worst);
  }
}

struct RunHeader {
  Standing outcome = Standing::finished;
  std::string run_id, name, variant, final_model_sha256, config_json, config_source;
  std::int64_t seed = 0;
  std::vector<PhaseRow> phases;
  Summary summary;
};

// A file, read once.
struct RunFile {
  RunRecord record;
  RunHeader header;
  std::string science_digest;
};
RunFile read_whole_run(const std::string& path);  // the record as read_run_file_narrowly reads it; throws as read_run_file does

// The header, and of the record the number of nodes, the metrics, the phases, the topologies, these columns of the steps, and these entries of the provenance.
// What is read is compared with the manifest; damage elsewhere in the file is not seen. science_digest is "". Throws as read_run_file does.
RunFile read_part_of_run(const std::string& path, std::span<const std::string_view> step_columns, std::span<const std::string_view> facts);

// SHA-256 over everything in the record that is science; times, places, attempts, provenance and wire bytes are not.
std::string science_digest(const RunRecord& record);
std::string science_digest_of_file(const std::string& path);  // in bounded memory; throws as read_run_file does

}  // namespace xib
