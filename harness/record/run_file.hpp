#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// Writes the whole run file: built in memory, verified by reading it back, written to `path`[.token].partial, fsynced, renamed, and the
// directory fsynced. Either `path` is complete afterwards or it does not exist. Throws Error(work) naming path and reason.
void write_run_file(const std::string& path, const RunRecord& record, const Incarnation& by = {});

// The file is whole, but a newer xibench wrote it.
class NewerRunFile : public Error {
 public:
  explicit NewerRunFile(const std::string& message) : Error(Fault::input, message) {}
};

// Reads a complete run file of any schema version <= ours. Throws Error(input): no such file, not HDF5, truncated, another schema,
// a newer version, a missing dataset; always with the path and the remedy. Unreadable (core/paths.hpp): rights, a disk, or a lock stand
// between us and it, and it may be whole.
RunRecord read_run_file(const std::string& path);

// Throws Unreadable where a file that HDF5 could not read, for the reason `failure`, is in use by another program: what that is changing only looks damaged.
void check_not_in_use(const std::string& path, std::string_view failure);

// What tables of many runs need, without reading the rows: a few milliseconds whatever the length of the run.
struct RunHeader;
RunHeader read_run_header(const std::string& path);  // throws as read_run_file does

// The /summary attributes, computed from the rows (and stored by write_run_file). What is final is NaN in a run that diverged: its last
// evaluation is of a model on the way, and how far it lies before the divergence depends on what was measured when.
struct Summary {
  double final_test_accuracy = kNotMeasured, final_test_accuracy_nodes_mean = kNotMeasured, final_test_accuracy_nodes_min = kNotMeasured;
  double best_test_accuracy = kNotMeasured, final_test_loss = kNotMeasured;
  double throughput_samples_per_s = kNotMeasured;
  std::vector<double> mean_consensus_distance_phase;
  std::int64_t total_rounds = 0, total_bytes_sent = 0, total_gauge_bytes_sent = 0;
  double total_decision_bytes_sent = kNotMeasured;
  std::int64_t target_missed_steps = 0;  // control.max_rounds were not enough
  double wall_s = 0;
};
Summary summarize(const RunRecord& record);
void forget_final(Summary& summary);  // what a run that diverged does not have

// Calls visit(name, value) for every attribute of /summary; the value is a double or std::int64_t, or a reference to one.
template <class AnySummary, class Visit>
void for_each_entry(AnySummary&& summary, Visit&& visit) {
  visit(std::string("final_test_accuracy"), summary.final_test_accuracy);
  visit(std::string("final_test_accuracy_nodes_mean"), summary.final_test_accuracy_nodes_mean);
  visit(std::string("final_test_accuracy_nodes_min"), summary.final_test_accuracy_nodes_min);
  visit(std::string("best_test_accuracy"), summary.best_test_accuracy);
  visit(std::string("final_test_loss"), summary.final_test_loss);
  visit(std::string("throughput_samples_per_s"), summary.throughput_samples_per_s);
  for (std::size_t k = 0; k < summary.mean_consensus_distance_phase.size(); ++k) {
    visit("mean_consensus_distance_phase_" + std::to_string(k + 1), summary.mean_consensus_distance_phase[k]);
  }
  visit(std::string("total_rounds"), summary.total_rounds);
  visit(std::string("total_bytes_sent"), summary.total_bytes_sent);
  visit(std::string("total_gauge_bytes_sent"), summary.total_gauge_bytes_sent);
  visit(std::string("total_decision_bytes_sent"), summary.total_decision_bytes_sent);
  visit(std::string("target_missed_steps"), summary.target_missed_steps);
  visit(std::string("wall_s"), summary.wall_s);
}

struct RunHeader {
  std::string run_id, name, variant, outcome, final_model_sha256, config_json, config_source;
  std::int64_t seed = 0;
  std::vector<PhaseRow> phases;
  Summary summary;
};

// One SHA-256 over everything in the record that is science: not times, places, attempts, provenance, wire bytes.
std::string science_digest(const RunRecord& record);

}  // namespace xib
