#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace xib {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

enum StepFlag : std::uint8_t { flag_warmup = 1, flag_evaluation = 2, flag_checkpoint = 4, flag_straggler = 8 };
enum class Communication : std::uint8_t { gossip = 0, exact_models = 1, exact_gradients = 2 };

// One row of /steps. Units and meanings: kStepColumns in columns.hpp, the one table that writer, reader, docs and tests read.
struct StepRow {
  std::int64_t step = 0;
  double epoch = 0;  // at the start of the step
  double lr = 0;
  std::int32_t phase = 1;
  double train_loss = kNotMeasured;
  double consensus_distance = kNotMeasured, consensus_distance_before = kNotMeasured, target_distance = kNotMeasured;
  double displacement = kNotMeasured;  // Θ, under the gauge of this name
  std::uint8_t communication = 0;
  std::int32_t gossip_rounds = 0;
  double mixing_strength = kNotMeasured;  // γ of x <- (1-γ) x + γ W x; NaN: no gossip round
  double minibatch_gradient_norm = kNotMeasured, mean_model_norm = kNotMeasured;
  double critical_distance = kNotMeasured;  // Γ_t, where the policy computes it
  std::uint8_t target_reached = 1;          // 0: max_rounds were not enough
  std::int64_t samples = 0;
  std::int64_t bytes_sent = 0, gauge_bytes_sent = 0, wire_bytes = 0;
  double decision_bytes_sent = kNotMeasured;  // of gauge_bytes_sent; exact up to 2^53
  double wall_s = 0, data_s = 0, compute_s = 0, update_s = 0, mix_s = 0, gauge_s = 0, record_s = 0, wait_s = 0;
  std::int64_t t_ns = 0;
  std::int16_t attempt = 0;
  std::uint8_t flags = 0;
};

struct EvaluationRow {
  std::int64_t step = 0;  // steps done
  double epoch = 0;
  double test_accuracy_mean_model = kNotMeasured, test_loss_mean_model = kNotMeasured, train_loss_mean_model = kNotMeasured;
  double validation_accuracy_mean_model = kNotMeasured;
  double suboptimality_mean_model = kNotMeasured, gradient_norm_mean_model = kNotMeasured, gradient_variance_mean_model = kNotMeasured;
  double train_seconds = 0;
  std::vector<double> test_accuracy_nodes;  // n values; empty: not measured
};

struct PhaseRow {
  std::int64_t first_step = 0, last_step = 0;  // inclusive
  std::string topology, policy;
  double target = kNotMeasured;  // the last one; the first and the least below
  std::string target_source;     // "" or the run id the target was taken from
  double consensus_distance_mean = kNotMeasured, consensus_distance_max = kNotMeasured;
  std::int64_t rounds = 0, bytes_sent = 0;
  double target_first = kNotMeasured, target_min = kNotMeasured;
};

struct TopologyRecord {
  std::string name, weights;
  double p = kNotMeasured, lambda2 = kNotMeasured, lambda_min = kNotMeasured;
  double contraction = kNotMeasured;    // ‖W_T ... W_1 - J‖₂
  std::int64_t contraction_rounds = 0;  // T of it; 0: there is none
  std::int32_t degree = 0;              // the most messages that a node receives in a round
  std::int64_t period = 1;              // 0: random, then no matrices are stored but the seed
  std::int64_t seed = 0;
  std::vector<double> matrices;  // (period, n, n)
};

// What is known of a constructed problem: the constants of the theory. NaN: not known.
struct ProblemRecord {
  double L = kNotMeasured, mu = kNotMeasured, sigma2 = kNotMeasured, zeta2 = kNotMeasured, optimum = kNotMeasured;
};

// One incarnation of the program that worked on the run.
struct Attempt {
  std::string start, end;               // ISO 8601 UTC
  std::string hosts, slurm_job, ended;  // ended: finished, signal USR1, ...
  std::int32_t ranks = 1, threads = 1;
  std::int64_t first_step = 0, last_step = 0;
};

// Everything that a run file holds, in memory. The recorder fills it on rank 0; write_run_file() makes the file.
struct RunRecord {
  std::string run_id, name, variant, outcome = "finished", final_model_sha256;
  std::int64_t seed = 0;
  std::int32_t nodes = 0, classes = 0;
  std::string config_json, config_source;
  ProblemRecord problem;
  std::vector<PhaseRow> phases;
  std::vector<TopologyRecord> topologies;                      // one per phase
  std::vector<std::int64_t> class_histogram;                   // nodes x classes
  std::vector<StepRow> steps;                                  // T
  std::vector<float> node_train_loss, node_distance_to_mean;   // T x nodes, row-major
  std::int32_t ranks = 1;                                      // the largest number of ranks of any attempt
  std::vector<float> rank_compute_s, rank_mix_s, rank_wait_s;  // T x ranks, NaN where an attempt had fewer
  std::vector<EvaluationRow> evaluations;                      // E
  std::vector<Attempt> attempts;
  std::vector<std::pair<std::string, std::string>> provenance;  // name -> value, all text
};

}  // namespace xib
