#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "harness/core/metric.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/stopwatch.hpp"

namespace xib {

enum StepFlag : std::uint8_t { flag_warmup = 1, flag_evaluation = 2, flag_checkpoint = 4, flag_straggler = 8 };
enum class Communication : std::uint8_t { gossip = 0, exact_models = 1, exact_gradients = 2 };

// One row of /steps; units and meanings stand in kStepColumns below.
struct StepRow {
  std::int64_t step = 0;
  double epoch = 0;  // at the start of the step
  double lr = 0;
  std::int32_t phase = 1;
  double train_loss = kNaN;
  double consensus_distance = kNaN, consensus_distance_before = kNaN, target_distance = kNaN;
  double displacement = kNaN;  // Θ, under the gauge of this name
  std::uint8_t communication = 0;
  std::int32_t gossip_rounds = 0;
  double mixing_strength = kNaN;  // γ of x <- (1-γ) x + γ W x; NaN: no gossip round
  double minibatch_gradient_norm = kNaN, mean_model_norm = kNaN;
  double critical_distance = kNaN;  // Γ_t, where the policy computes it
  std::uint8_t target_reached = 1;  // 0: max_rounds were not enough
  std::int64_t samples = 0;
  std::int64_t bytes_sent = 0, gauge_bytes_sent = 0, wire_bytes = 0;
  double decision_bytes_sent = kNaN;  // of gauge_bytes_sent; exact up to 2^53
  double decision_by_gram = kNaN, decision_measurements = kNaN;
  double wall_s = 0, data_s = 0, compute_s = 0, update_s = 0, mix_s = 0, gauge_s = 0, record_s = 0, wait_s = 0;
  std::int64_t t_ns = 0;
  std::int16_t attempt = 0;
  std::uint8_t flags = 0;
};

struct EvaluationRow {
  std::int64_t step = 0;  // steps done
  double epoch = 0;
  double test_accuracy_mean_model = kNaN, test_loss_mean_model = kNaN, train_loss_mean_model = kNaN;
  double validation_accuracy_mean_model = kNaN;
  double suboptimality_mean_model = kNaN, gradient_norm_mean_model = kNaN, gradient_variance_mean_model = kNaN;
  double train_seconds = 0;
  std::map<std::string, double, std::less<>> own;  // further columns, of the run's metrics: metric_columns.hpp
  std::vector<double> test_nodes;                  // every node's own model by the first metric, n values; empty: not measured
};

struct PhaseRow {
  std::int64_t first_step = 0, last_step = 0;  // inclusive
  std::string topology, policy;
  double target = kNaN;       // the last target of the phase; target_first and target_min: the first and the smallest
  std::string target_source;  // "" or the run id the target was taken from
  double consensus_distance_mean = kNaN, consensus_distance_max = kNaN;
  std::int64_t rounds = 0, bytes_sent = 0;
  double target_first = kNaN, target_min = kNaN;
};

// One start of the program on the run.
struct Attempt {
  std::string start, end;               // ISO 8601 UTC
  std::string hosts, slurm_job, ended;  // ended: finished, signal USR1, ...
  std::int32_t ranks = 1, threads = 1;
  std::int64_t first_step = 0, last_step = 0;
};

// Range of a column's values; NaN: not measured. In a run that diverged, values that are not finite are allowed in every column.
struct Allowed {
  double least, most;
  bool none;  // NaN is allowed
  bool holds(double value) const { return std::isnan(value) ? none : value >= least && value <= most; }
  std::string text() const;  // 0 to inf or NaN
};
inline constexpr double kInfinity = std::numeric_limits<double>::infinity(), kLargest = std::numeric_limits<double>::max();
inline constexpr Allowed kAny{-kInfinity, kInfinity, true}, kFromZero{0, kLargest, false}, kFromZeroOrNone{0, kLargest, true}, kFromOne{1, kLargest, false};

// Rule that says which files have a column.
enum class Presence {
  always,
  optional,  // files of earlier builds lack it; every digest covers it, with the value of Row{} if it is absent
  measured,  // the digest covers it only if it was measured, so it changes no digest of earlier runs; use this for every new column
};

// One column of a table of the run file, with all facts about it. Its HDF5 type follows from the type of the member: double -> float64, std::string ->
// variable-length UTF-8 and so on. Writer, reader, checkpoint, digest, validator, `xibench list columns` and the tests loop over these tables. analysis/ reads
// the attributes that the writer makes of them.
template <class Row>
struct Column {
  std::string_view name;
  std::variant<double Row::*, std::int64_t Row::*, std::int32_t Row::*, std::int16_t Row::*, std::uint8_t Row::*, std::string Row::*> member;
  std::string_view units;  // UDUNITS spelling; "1": dimensionless, "": text
  Allowed allowed;
  std::string_view description;
  bool science = true;  // a function of the configuration, so the science digest covers it
  Presence presence = Presence::always;
  std::optional<Part> part = std::nullopt;  // the part of a step's wall_s that the column holds, if it is one
};

inline constexpr bool kScience = true, kNotScience = false;

inline constexpr Column<StepRow> kStepColumns[] = {
    {"step", &StepRow::step, "1", kFromZero, "step, from 0"},
    {"epoch", &StepRow::epoch, "1", kFromZero, "passes over the training set when the step begins"},
    {"lr", &StepRow::lr, "1", kFromZero, "learning rate of the step"},
    {"phase", &StepRow::phase, "1", kFromOne, "phase the step belongs to, from 1"},
    {"train_loss", &StepRow::train_loss, "1", kAny, "mean over nodes of the mini-batch loss"},
    {"consensus_distance", &StepRow::consensus_distance, "1", kFromZeroOrNone, "consensus distance after mixing"},
    {"consensus_distance_before", &StepRow::consensus_distance_before, "1", kFromZeroOrNone, "consensus distance after the local step, before mixing"},
    {"displacement", &StepRow::displacement, "1", kFromZeroOrNone,
     "local displacement sqrt((1/n) sum_i ||sum_j w_ij x_j - x_i||^2) of the step's first gossip round, not weakened (gauge displacement)", kScience,
     Presence::optional},
    {"target_distance", &StepRow::target_distance, "1", kFromZeroOrNone, "target of the controller (NaN: none)"},
    {"communication", &StepRow::communication, "1", {0, 2, false}, "0 gossip, 1 exact averaging of models, 2 exact averaging of gradients"},
    {"gossip_rounds", &StepRow::gossip_rounds, "1", kFromZero, "rounds mixed, 0 with exact averaging"},
    {"mixing_strength",
     &StepRow::mixing_strength,
     "1",
     {0, 1, true},
     "g of x <- (1 - g) x + g W x in the gossip rounds, 1 unless weakened (NaN: no round)",
     kScience,
     Presence::optional},
    {"minibatch_gradient_norm", &StepRow::minibatch_gradient_norm, "1", kFromZeroOrNone, "sqrt((1/n) sum ||g_i||^2) of the mini-batch gradients"},
    {"mean_model_norm", &StepRow::mean_model_norm, "1", kFromZeroOrNone, "norm of the mean model after mixing"},
    {"critical_distance", &StepRow::critical_distance, "1", kFromZeroOrNone,
     "critical consensus distance, under the policy that holds a multiple of it (NaN: others)", kScience, Presence::optional},
    {"target_reached",
     &StepRow::target_reached,
     "1",
     {0, 1, false},
     "0 where the largest allowed number of rounds was not enough, else 1",
     kScience,
     Presence::optional},
    {"samples", &StepRow::samples, "1", kFromOne, "samples consumed by all nodes in this step"},
    {"bytes_sent", &StepRow::bytes_sent, "byte", kFromZero, "bytes the algorithm would send between nodes with one node per rank"},
    {"gauge_bytes_sent", &StepRow::gauge_bytes_sent, "byte", kFromZero, "bytes the measurement would send between nodes with one node per rank"},
    {"decision_bytes_sent", &StepRow::decision_bytes_sent, "byte", kFromZeroOrNone,
     "of gauge_bytes_sent: what the policy needed to decide; the rest is for the record (NaN: not known)", kScience, Presence::optional},
    {"decision_by_gram",
     &StepRow::decision_by_gram,
     "1",
     {0, 1, true},
     "1 where a Gram matrix found the rounds to the target, 0 where the consensus distance between rounds did (NaN: no target, or control.method is not set)",
     kScience,
     Presence::measured},
    {"decision_measurements", &StepRow::decision_measurements, "1", kFromZeroOrNone,
     "measurements of the consensus distance that this took (NaN: no target, or control.method is not set)", kScience, Presence::measured},
    {"wire_bytes", &StepRow::wire_bytes, "byte", kFromZero, "bytes the ranks really sent", kNotScience, Presence::optional},
    {"wall_s", &StepRow::wall_s, "s", kFromZero, "duration of the step on rank 0; the parts below add up to it", kNotScience},
    {"data_s", &StepRow::data_s, "s", kAny, "waiting for the mini-batch", kNotScience, Presence::always, Part::data},
    {"compute_s", &StepRow::compute_s, "s", kAny, "gradients", kNotScience, Presence::always, Part::compute},
    {"update_s", &StepRow::update_s, "s", kAny, "optimizer step", kNotScience, Presence::always, Part::update},
    {"mix_s", &StepRow::mix_s, "s", kAny, "gossip rounds or exact averaging", kNotScience, Presence::always, Part::mix},
    {"gauge_s", &StepRow::gauge_s, "s", kAny, "measuring the consensus distance and deciding", kNotScience, Presence::always, Part::gauge},
    {"record_s", &StepRow::record_s, "s", kAny, "recording, and after the step: evaluation, checkpoint, sync point of the ranks", kNotScience, Presence::always,
     Part::record},
    {"wait_s", &StepRow::wait_s, "s", kAny, "waiting for other ranks, and the rest", kNotScience, Presence::always, Part::wait},
    {"t_ns", &StepRow::t_ns, "ns", kFromZero, "monotonic time since the run's start", kNotScience},
    {"attempt", &StepRow::attempt, "1", kFromZero, "attempt that wrote the row: row of /provenance/attempts", kNotScience},
    {"flags",
     &StepRow::flags,
     "1",
     {0, 15, false},
     "bits: 1 warm-up, 2 evaluation, 4 checkpoint, 8 straggler: more than twice the median of comparable steps",
     kNotScience},
};

inline constexpr Column<EvaluationRow> kEvaluationColumns[] = {
    {"step", &EvaluationRow::step, "1", kFromZero, "steps done before the evaluation"},
    {"epoch", &EvaluationRow::epoch, "1", kFromZero, "passes over the training set"},
    {"test_accuracy_mean_model", &EvaluationRow::test_accuracy_mean_model, "percent", {0, 100, true}, "top-1 accuracy of the averaged model on the test set"},
    {"test_loss_mean_model", &EvaluationRow::test_loss_mean_model, "1", kAny, "loss of the averaged model on the test set"},
    {"train_loss_mean_model", &EvaluationRow::train_loss_mean_model, "1", kAny, "loss of the averaged model on the training set (phase ends)"},
    {"validation_accuracy_mean_model",
     &EvaluationRow::validation_accuracy_mean_model,
     "percent",
     {0, 100, true},
     "top-1 accuracy of the averaged model on the held-out share of the training set",
     kScience,
     Presence::optional},
    {"suboptimality_mean_model", &EvaluationRow::suboptimality_mean_model, "1", kAny, "f - f* of the averaged model, where the task knows its optimum",
     kScience, Presence::optional},
    {"gradient_norm_mean_model", &EvaluationRow::gradient_norm_mean_model, "1", kFromZeroOrNone,
     "norm of the full gradient at the averaged model, where the task knows it", kScience, Presence::optional},
    {"gradient_variance_mean_model", &EvaluationRow::gradient_variance_mean_model, "1", kFromZeroOrNone,
     "variance of a node's mini-batch gradient at the averaged model, mean over nodes, where the task knows it", kScience, Presence::optional},
    {"train_seconds", &EvaluationRow::train_seconds, "s", kFromZero, "time spent training so far, without record_s: time to accuracy", kNotScience},
};

inline constexpr Column<PhaseRow> kPhaseColumns[] = {
    {"first_step", &PhaseRow::first_step, "1", kFromZero, "first step of the phase"},
    {"last_step", &PhaseRow::last_step, "1", kAny, "last step of the phase (inclusive)"},
    {"topology", &PhaseRow::topology, "", kAny, "topology of the phase"},
    {"policy", &PhaseRow::policy, "", kAny, "consensus policy of the phase"},
    {"target", &PhaseRow::target, "1", kFromZeroOrNone, "consensus distance the policy aimed at, in the last step that had one (NaN: none)"},
    {"target_source", &PhaseRow::target_source, "", kAny, "run id the target was taken from, or empty"},
    {"consensus_distance_mean", &PhaseRow::consensus_distance_mean, "1", kAny, "mean of the consensus distance after mixing"},
    {"consensus_distance_max", &PhaseRow::consensus_distance_max, "1", kAny, "maximum of the consensus distance after mixing"},
    {"rounds", &PhaseRow::rounds, "1", kFromZero, "gossip rounds of the phase"},
    {"bytes_sent", &PhaseRow::bytes_sent, "byte", kFromZero, "bytes the algorithm would send between nodes with one node per rank"},
    {"target_first", &PhaseRow::target_first, "1", kFromZeroOrNone, "first target of the policy (NaN: none)", kNotScience, Presence::optional},
    {"target_min", &PhaseRow::target_min, "1", kFromZeroOrNone, "smallest target of the policy (NaN: none)", kNotScience, Presence::optional},
};

inline constexpr Column<Metric> kMetricColumns[] = {
    {"name", &Metric::name, "", kAny, "name: columns of /evaluations are called test_<name>_mean_model", kNotScience},
    {"unit", &Metric::unit, "", kAny, "unit (UDUNITS; 1: dimensionless)", kNotScience},
    {"better", &Metric::better, "", kAny, "which values are better: higher or lower", kNotScience},
    {"description", &Metric::description, "", kAny, "what it is", kNotScience},
};

inline constexpr Column<Attempt> kAttemptColumns[] = {
    {"start", &Attempt::start, "", kAny, "start (ISO 8601 UTC)", kNotScience},
    {"end", &Attempt::end, "", kAny, "end (ISO 8601 UTC)", kNotScience},
    {"hosts", &Attempt::hosts, "", kAny, "hosts it ran on", kNotScience},
    {"slurm_job", &Attempt::slurm_job, "", kAny, "Slurm job id, or empty", kNotScience},
    {"ended", &Attempt::ended, "", kAny, "why it ended: finished, signal USR1, ...", kNotScience},
    {"ranks", &Attempt::ranks, "1", kAny, "ranks (processes)", kNotScience},
    {"threads", &Attempt::threads, "1", kAny, "threads per rank", kNotScience},
    {"first_step", &Attempt::first_step, "1", kAny, "first step it did", kNotScience},
    {"last_step", &Attempt::last_step, "1", kAny, "last step it did", kNotScience},
};

// Type of a member: std::int32_t for `std::int32_t StepRow::*`.
template <class Member>
struct MemberType;
template <class Row, class T>
struct MemberType<T Row::*> {
  using type = T;
};

// Calls visit(member, std::type_identity<T>) with the typed pointer to member and its value type T.
template <class Row, class Visit>
void with_member(const Column<Row>& column, Visit&& visit) {
  std::visit([&](auto member) { visit(member, std::type_identity<typename MemberType<decltype(member)>::type>{}); }, column.member);
}

// Calls visit(column, member) for every part of a step's wall_s. The parts add up to wall_s.
template <class Visit>
void for_each_part(Visit&& visit) {
  for (const auto& column : kStepColumns)
    if (column.part) visit(column, std::get<double StepRow::*>(column.member));
}

// A column of rows as one array, and back.
template <class T, class Row>
std::vector<T> gather(std::span<const Row> rows, T Row::*member) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(row.*member);
  return values;
}
template <class T, class Row>
std::vector<T> gather(const std::vector<Row>& rows, T Row::*member) {
  return gather(std::span<const Row>(rows), member);
}
template <class T, class Row>
void scatter(const std::vector<T>& values, T Row::*member, std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = values[i];
}

// Name of the HDF5 type, as h5py has it: "float64", "int32", "uint8", "UTF-8".
template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, double>) return "float64";
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
  if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
  if constexpr (std::is_same_v<T, std::int16_t>) return "int16";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
  if constexpr (std::is_same_v<T, std::string>) return "UTF-8";
}

}  // namespace xib
