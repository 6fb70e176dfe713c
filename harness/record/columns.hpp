#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "harness/record/rows.hpp"

namespace xib {

// One column of a table of the run file. Its HDF5 type follows from the type of the member: double -> float64, std::string ->
// variable-length UTF-8 and so on. Writer, reader, checkpoint, digest, validator, README test and file tests loop over these tables.
template <class Row>
struct Column {
  std::string_view name;
  std::variant<double Row::*, std::int64_t Row::*, std::int32_t Row::*, std::int16_t Row::*, std::uint8_t Row::*, std::string Row::*> member;
  std::string_view units;  // UDUNITS spelling; "1": dimensionless, "": text
  std::string_view description;
  bool science = true;    // a function of the configuration: in the science digest
  bool optional = false;  // files of schema version 1 may lack it (every column that is added later)
};

inline constexpr bool kScience = true, kNotScience = false, kOptional = true;

inline constexpr Column<StepRow> kStepColumns[] = {
    {"step", &StepRow::step, "1", "step, from 0"},
    {"epoch", &StepRow::epoch, "1", "passes over the training set when the step begins"},
    {"lr", &StepRow::lr, "1", "learning rate of the step"},
    {"phase", &StepRow::phase, "1", "phase the step belongs to, from 1"},
    {"train_loss", &StepRow::train_loss, "1", "mean over nodes of the mini-batch loss"},
    {"consensus_distance", &StepRow::consensus_distance, "1", "consensus distance after mixing"},
    {"consensus_distance_before", &StepRow::consensus_distance_before, "1", "consensus distance after the local step, before mixing"},
    {"displacement", &StepRow::displacement, "1",
     "local displacement sqrt((1/n) sum_i ||sum_j w_ij x_j - x_i||^2) of the step's first gossip round, not weakened (gauge displacement)", kScience,
     kOptional},
    {"target_distance", &StepRow::target_distance, "1", "what the controller aimed at (NaN: none)"},
    {"communication", &StepRow::communication, "1", "0 gossip, 1 exact averaging of models, 2 exact averaging of gradients"},
    {"gossip_rounds", &StepRow::gossip_rounds, "1", "rounds mixed, 0 with exact averaging"},
    {"mixing_strength", &StepRow::mixing_strength, "1", "g of x <- (1 - g) x + g W x in the gossip rounds, 1 unless weakened (NaN: no round)", kScience,
     kOptional},
    {"minibatch_gradient_norm", &StepRow::minibatch_gradient_norm, "1", "sqrt((1/n) sum ||g_i||^2) of the mini-batch gradients"},
    {"mean_model_norm", &StepRow::mean_model_norm, "1", "norm of the mean model after mixing"},
    {"critical_distance", &StepRow::critical_distance, "1", "critical consensus distance, under the policy that holds a multiple of it (NaN: others)", kScience,
     kOptional},
    {"target_reached", &StepRow::target_reached, "1", "0 where the largest allowed number of rounds was not enough, else 1", kScience, kOptional},
    {"samples", &StepRow::samples, "1", "samples consumed by all nodes in this step"},
    {"bytes_sent", &StepRow::bytes_sent, "byte", "bytes the algorithm would send between nodes with one node per rank"},
    {"gauge_bytes_sent", &StepRow::gauge_bytes_sent, "byte", "bytes the measurement would send between nodes with one node per rank"},
    {"decision_bytes_sent", &StepRow::decision_bytes_sent, "byte",
     "of gauge_bytes_sent: what the policy needed to decide; the rest is for the record (NaN: not known)", kScience, kOptional},
    {"wire_bytes", &StepRow::wire_bytes, "byte", "bytes the ranks really sent", kNotScience, kOptional},
    {"wall_s", &StepRow::wall_s, "s", "duration of the step on rank 0; the parts below add up to it", kNotScience},
    {"data_s", &StepRow::data_s, "s", "waiting for the mini-batch", kNotScience},
    {"compute_s", &StepRow::compute_s, "s", "gradients", kNotScience},
    {"update_s", &StepRow::update_s, "s", "optimizer step", kNotScience},
    {"mix_s", &StepRow::mix_s, "s", "gossip rounds or exact averaging", kNotScience},
    {"gauge_s", &StepRow::gauge_s, "s", "measuring the consensus distance and deciding", kNotScience},
    {"record_s", &StepRow::record_s, "s", "recording, and after the step: evaluation, checkpoint, meeting of the ranks", kNotScience},
    {"wait_s", &StepRow::wait_s, "s", "waiting for other ranks, and the rest", kNotScience},
    {"t_ns", &StepRow::t_ns, "ns", "monotonic time since the run's start", kNotScience},
    {"attempt", &StepRow::attempt, "1", "which incarnation wrote the row: row of /provenance/attempts", kNotScience},
    {"flags", &StepRow::flags, "1", "bits: 1 warm-up, 2 evaluation, 4 checkpoint, 8 straggler: more than twice the median of its like", kNotScience},
};

inline constexpr Column<EvaluationRow> kEvaluationColumns[] = {
    {"step", &EvaluationRow::step, "1", "steps done before the evaluation"},
    {"epoch", &EvaluationRow::epoch, "1", "passes over the training set"},
    {"test_accuracy_mean_model", &EvaluationRow::test_accuracy_mean_model, "percent", "top-1 accuracy of the averaged model on the test set"},
    {"test_loss_mean_model", &EvaluationRow::test_loss_mean_model, "1", "loss of the averaged model on the test set"},
    {"train_loss_mean_model", &EvaluationRow::train_loss_mean_model, "1", "loss of the averaged model on the training set (phase ends)"},
    {"validation_accuracy_mean_model", &EvaluationRow::validation_accuracy_mean_model, "percent",
     "top-1 accuracy of the averaged model on the held-out share of the training set", kScience, kOptional},
    {"suboptimality_mean_model", &EvaluationRow::suboptimality_mean_model, "1", "f - f* of the averaged model, where the task knows its optimum", kScience,
     kOptional},
    {"gradient_norm_mean_model", &EvaluationRow::gradient_norm_mean_model, "1", "norm of the full gradient at the averaged model, where the task knows it",
     kScience, kOptional},
    {"gradient_variance_mean_model", &EvaluationRow::gradient_variance_mean_model, "1",
     "variance of a node's mini-batch gradient at the averaged model, mean over nodes, where the task knows it", kScience, kOptional},
    {"train_seconds", &EvaluationRow::train_seconds, "s", "time spent training so far, without record_s: time to accuracy", kNotScience},
};

inline constexpr Column<PhaseRow> kPhaseColumns[] = {
    {"first_step", &PhaseRow::first_step, "1", "first step of the phase"},
    {"last_step", &PhaseRow::last_step, "1", "last step of the phase (inclusive)"},
    {"topology", &PhaseRow::topology, "", "topology of the phase"},
    {"policy", &PhaseRow::policy, "", "consensus policy of the phase"},
    {"target", &PhaseRow::target, "1", "consensus distance the policy aimed at, in the last step that had one (NaN: none)"},
    {"target_source", &PhaseRow::target_source, "", "run id the target was taken from, or empty"},
    {"consensus_distance_mean", &PhaseRow::consensus_distance_mean, "1", "mean of the consensus distance after mixing"},
    {"consensus_distance_max", &PhaseRow::consensus_distance_max, "1", "maximum of the consensus distance after mixing"},
    {"rounds", &PhaseRow::rounds, "1", "gossip rounds of the phase"},
    {"bytes_sent", &PhaseRow::bytes_sent, "byte", "bytes the algorithm would send between nodes with one node per rank"},
    {"target_first", &PhaseRow::target_first, "1", "the first of what the policy aimed at (NaN: nothing)", kNotScience, kOptional},
    {"target_min", &PhaseRow::target_min, "1", "the least of what the policy aimed at (NaN: nothing)", kNotScience, kOptional},
};

inline constexpr Column<Attempt> kAttemptColumns[] = {
    {"start", &Attempt::start, "", "start (ISO 8601 UTC)", kNotScience},
    {"end", &Attempt::end, "", "end (ISO 8601 UTC)", kNotScience},
    {"hosts", &Attempt::hosts, "", "hosts it ran on", kNotScience},
    {"slurm_job", &Attempt::slurm_job, "", "Slurm job id, or empty", kNotScience},
    {"ended", &Attempt::ended, "", "why it ended: finished, signal USR1, ...", kNotScience},
    {"ranks", &Attempt::ranks, "1", "ranks (processes)", kNotScience},
    {"threads", &Attempt::threads, "1", "threads per rank", kNotScience},
    {"first_step", &Attempt::first_step, "1", "first step it did", kNotScience},
    {"last_step", &Attempt::last_step, "1", "last step it did", kNotScience},
};

// A (T, width) array of float32: width is the number of nodes or of ranks.
struct WideColumn {
  std::string_view name;
  std::vector<float> RunRecord::*member;
  std::string_view units, description;
};
inline constexpr WideColumn kNodeColumns[] = {
    {"train_loss", &RunRecord::node_train_loss, "1", "mini-batch loss of each node"},
    {"distance_to_mean", &RunRecord::node_distance_to_mean, "1", "distance of each node's parameters to their mean after mixing (no BatchNorm buffers)"},
};
inline constexpr WideColumn kRankColumns[] = {
    {"compute_s", &RunRecord::rank_compute_s, "s", "gradients on each rank"},
    {"mix_s", &RunRecord::rank_mix_s, "s", "mixing on each rank"},
    {"wait_s", &RunRecord::rank_wait_s, "s", "waiting of each rank for others"},
};

// The type of a member: std::int32_t for `std::int32_t StepRow::*`.
template <class Member>
struct MemberType;
template <class Row, class T>
struct MemberType<T Row::*> {
  using type = T;
};

// Calls visit(member) with the typed pointer to member, visit.template operator()<T>() style: the value type is MemberType<M>::type.
template <class Row, class Visit>
void with_member(const Column<Row>& column, Visit&& visit) {
  std::visit([&](auto member) { visit(member, std::type_identity<typename MemberType<decltype(member)>::type>{}); }, column.member);
}

// A column of rows as one array, and back.
template <class T, class Row>
std::vector<T> gather(const std::vector<Row>& rows, T Row::*member) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(row.*member);
  return values;
}
template <class T, class Row>
void scatter(const std::vector<T>& values, T Row::*member, std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*member = values[i];
}

// Names of the HDF5 types, for the README and h5py: "float64", "int32", "uint8", "UTF-8".
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
