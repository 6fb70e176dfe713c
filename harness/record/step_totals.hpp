#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/record/columns.hpp"
#include "harness/record/stragglers.hpp"

namespace xib {

// Facts about the steps of one phase. NaN: there was none.
struct PhaseTotals {
  std::int64_t rounds = 0, bytes_sent = 0;
  double target = kNaN, target_first = kNaN, target_min = kNaN;
  std::int64_t measured = 0;  // steps with a consensus distance
  double distance_sum = 0, distance_max = kNaN;
  double distance_mean() const { return measured > 0 ? distance_sum / static_cast<double>(measured) : kNaN; }
};

// All that a run file states about its steps together, collected step by step, so that their rows need not stay in memory: sums, and 16 bytes per step for
// medians.
class StepTotals {
 public:
  StepTotals() = default;
  explicit StepTotals(std::span<const StepRow> rows) { add(rows); }
  void add(std::span<const StepRow> rows);  // in the order of the steps

  double throughput() const;  // median of samples/s over steps without warm-up, evaluation or checkpoint; if there are none, over all steps; NaN: no step

  std::int64_t steps = 0;
  std::map<std::int32_t, PhaseTotals> phases;  // by number, from 1
  std::int64_t rounds = 0, bytes_sent = 0, gauge_bytes_sent = 0, target_missed_steps = 0;
  double decision_bytes_sent = 0, wall_s = 0, train_s = 0;  // train_s: without record_s
  std::int64_t first_bad = -1;                              // the first step whose training loss is not finite; -1: none
  Stragglers stragglers;

 private:
  void add(const StepRow& row);
  std::vector<double> plain_rates_, all_rates_;  // samples/s; the second only as long as there is no plain step
};

}  // namespace xib
