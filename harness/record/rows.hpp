#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/metric.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/columns.hpp"
#include "harness/record/standing.hpp"

namespace xib {

struct TopologyRecord {
  std::string name, weights;
  double p = kNaN, lambda2 = kNaN, lambda_min = kNaN;
  double contraction = kNaN;            // ‖W_T ... W_1 - J‖₂
  std::int64_t contraction_rounds = 0;  // its T; 0: there is no contraction
  std::int32_t degree = 0;              // the largest number of messages that a node receives in a round
  std::int64_t period = 1;              // 0: random; then the seed is stored instead of matrices
  std::int64_t seed = 0;
  std::vector<double> matrices;  // (period, n, n)
  // Computes row `node` of W in `round`, for the writer of the file, where the matrices are not in memory.
  std::function<void(std::int64_t round, std::int64_t node, std::span<double> row)> row_of = {};
};

// Constants of the theory for a constructed problem; NaN: not known.
struct ProblemRecord {
  double L = kNaN, mu = kNaN, sigma2 = kNaN, zeta2 = kNaN, optimum = kNaN;
};

// Rows of steps that follow one another, and of evaluations.
struct Rows {
  std::int32_t nodes = 0;
  std::vector<StepRow> steps;                                  // T
  std::vector<float> node_train_loss, node_distance_to_mean;   // T x nodes, row-major
  std::int32_t ranks = 1;                                      // the largest number of ranks of any attempt so far
  std::vector<float> rank_compute_s, rank_mix_s, rank_wait_s;  // T x ranks; NaN in steps of an attempt with fewer ranks
  std::vector<EvaluationRow> evaluations;                      // E
};

// Everything that a run file holds, in memory. The recorder fills it on rank 0; write_run_file() makes the file. While a run goes on, it has only the last
// rows of steps: the others are in the row log.
struct RunRecord : Rows {
  std::string run_id, name, variant, final_model_sha256;
  Standing outcome = Standing::finished;  // in a file one for which has_result() is true
  std::int64_t seed = 0;
  std::int32_t classes = 0;
  std::string config_json, config_source;
  ProblemRecord problem;
  std::vector<Metric> metrics{top1_accuracy(), mean_loss()};  // gaps are about the first
  std::vector<PhaseRow> phases;
  std::vector<TopologyRecord> topologies;     // one per phase
  std::vector<std::int64_t> class_histogram;  // nodes x classes
  std::vector<Attempt> attempts;
  std::vector<std::pair<std::string, std::string>> provenance;  // name -> value, all text
};

// Text of a fact of provenance; "" if it is not there.
inline std::string fact(const std::vector<std::pair<std::string, std::string>>& provenance, std::string_view name) {
  for (const auto& [key, value] : provenance)
    if (key == name) return value;
  return "";
}
inline std::string fact(const RunRecord& record, std::string_view name) { return fact(record.provenance, name); }

// Whether a step did only what every step does: no warm-up, evaluation or checkpoint.
inline bool is_plain(const StepRow& row) { return (row.flags & (flag_warmup | flag_evaluation | flag_checkpoint)) == 0; }

}  // namespace xib
