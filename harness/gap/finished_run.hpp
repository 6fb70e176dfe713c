#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/metric.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/traffic.hpp"
#include "harness/sweep/cells.hpp"

namespace xib {

// Facts of one run, under one of its variant names, that the comparison uses.
struct FinishedRun {
  std::string path, id, variant;
  std::int64_t seed = 0;
  Axes axes;  // the cell of the table that it belongs to
  std::string config_json;
  Metric metric = top1_accuracy();  // the first metric of the run, by which it is compared
  double score = kNaN;              // by this metric, of the mean model on the test set at the end; NaN: the run diverged
  double score_nodes_mean = kNaN, score_nodes_worst = kNaN;
  std::int64_t rounds = 0, bytes_sent = 0;
  RunTraffic traffic{.messages = kNaN, .serial_messages = kNaN, .serial_bytes = kNaN};
  std::int64_t gauge_bytes_sent = 0;     // to measure
  double decision_bytes_sent = kNaN;     // the part of them that policies needed to decide
  std::vector<double> distance_max;      // largest Ξ of each phase
  std::int64_t target_missed_steps = 0;  // steps in which control did not reach its target
  bool diverged = false;                 // true: it has no final score, and its costs cover only a part of the steps
  double wall_s = kNaN;
  std::string look;  // for which it was made, as "2 of 6"; "": none
};

// Refuses runs that two versions of a sweep left in one folder: two runs of one variant, cell and seed; settings (epochs, learning rate, data ...) that differ
// although neither [sweep] nor a variant varies them; or different metrics. The message names files, key and values.
void check_one_sweep(const std::vector<FinishedRun>& runs, const Sweep& sweep);

}  // namespace xib
