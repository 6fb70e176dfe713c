#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/gap/gap_table.hpp"

namespace xib {

// What a run has cost up to an evaluation or the end, and what the mean model scored there.
struct CostAt {
  std::int64_t steps = 0;
  double score = kNaN;  // by the metric of the target, on the test set; of a run that diverged NaN
  RunTraffic mixing, decision;
  double bytes = 0;  // of all nodes: sent to mix, and to decide; NaN: not known
};

// A finished run as its costs need it.
struct RunCost {
  int nodes = 0;
  double compute_s = kNaN;          // per node and step, measured; NaN: it was not
  std::string machine;              // that it was measured on
  CostAt end;                       // of all steps
  std::vector<CostAt> evaluations;  // in their order; of a run that diverged none: it reaches nothing
};

// What the seconds are modelled for, and the score that ends the clock.
struct CostQuestion {
  Interconnect network;
  AllReduce all_reduce = AllReduce::ring;
  double compute_s = kNaN;  // per node and step; NaN: as it was measured
  Metric metric = top1_accuracy();
  double target = kNaN;  // of the metric; NaN: what the baseline of the cell scores at the end, less the margin
};

struct CostRow {
  std::string variant;
  bool is_baseline = false;
  int nodes = 0, runs = 0, diverged = 0;
  Spread score;                                    // at the end
  Spread compute_s, mixing_s, decision_s, step_s;  // per step; the last is the sum of the others
  Spread network_s;                                // of all steps, mixing and decisions: modelled_s of the gap table
  Spread bytes;                                    // of all nodes and steps, to mix and to decide
  int reached = 0;                                 // runs
  Spread target_steps, target_s, target_bytes;     // until the first evaluation that reaches the target; no mean unless all runs do
};

struct CostGroup {
  Axes axes;
  double target = kNaN;
  std::vector<CostRow> rows;
  const CostRow* fastest() const;  // to the target, of those whose runs all reach it; nullptr: none
};

struct CostTable {
  std::string sweep, baseline;
  CostQuestion question;
  double delta = 0;
  std::vector<std::string> machines;  // that computing was measured on
  std::vector<CostGroup> groups;      // as those of the gap table
};

// The rows of a gap table in seconds. `costs`: by id, of every run of the table.
CostTable cost_table(const GapTable& gap, const std::map<std::string, RunCost>& costs, const CostQuestion& question);

// Renderings, each ending with a newline: a table for a terminal with notes, a row per cell and variant, a table of LaTeX (booktabs), schema xibench-cost
// version 1.
std::string cost_markdown(const CostTable& table);
std::string cost_csv(const CostTable& table);
std::string cost_latex(const CostTable& table);
std::string cost_json(const CostTable& table);

}  // namespace xib
