#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/gap/finished_run.hpp"
#include "harness/gap/paired.hpp"
#include "harness/gap/share.hpp"

namespace xib {

// Published value beside a measured one, always with its status (secondary, unverified).
struct PublishedValue {
  double value = kNaN, spread = kNaN;  // as printed
  std::string status, source;
};
struct PublishedValues {
  std::optional<PublishedValue> accuracy;    // percent
  std::optional<PublishedValue> difference;  // points, to the baseline
};
// baseline: a run of the baseline of the same cell; nullptr if there is none, or if `run` is the baseline itself.
using PublishedLookup = std::function<PublishedValues(const FinishedRun& run, const FinishedRun* baseline)>;

struct GapRow {
  std::string variant;
  bool is_baseline = false;
  std::vector<FinishedRun> runs;                       // ascending seeds
  Spread score;                                        // by the metric of the table, over seeds
  double score_nodes_mean = 0, score_nodes_worst = 0;  // mean over seeds; the worst node of all seeds
  double rounds = 0, bytes_sent = 0, wall_s = 0;       // means over seeds
  double gauge_bytes_to_decide = 0;                    // measured because a policy asked; NaN: unknown for some run
  double gauge_bytes_to_record = 0;                    // measured only for the record; NaN likewise
  double gauge_bytes_sent = 0;                         // both together
  RunTraffic traffic;                                  // means over seeds, one node per rank
  std::vector<double> distance_max;                    // Ξ max of each phase, mean over seeds
  std::string gauge;                                   // the gauge that measured it, "exact" or another; "": not known
  std::int64_t measure_every = 1;                      // steps between its measurements
  int diverged = 0;                                    // runs; if there are any, the means of rounds, bytes and seconds include runs that ended early
  std::int64_t target_missed_steps = 0;                // of all seeds
  std::optional<Paired> paired;                        // none: this row is the baseline, or the cell has no baseline
  PublishedValues published;
};

// A [[contrast]] of the sweep in one cell.
struct GapContrast {
  std::string arm, against;
  Paired paired;               // arm - against
  std::optional<Share> share;  // the share of the gap between `against` and the baseline that the arm closes; none: the cell has no baseline
  int diverged = 0;            // runs of both arms
  std::string comparison;      // the runs that are compared
};

struct GapGroup {
  Axes axes;
  std::vector<GapRow> rows;            // variants in the order of the sweep file
  std::vector<GapContrast> contrasts;  // in the order of the sweep file
};

struct ExpectedRun {
  Axes axes;
  std::string variant;
  std::int64_t seed = 0;
};

// Smallest difference that the seeds of this table can show, computed from the measured differences.
struct Resolution {
  int seeds = 0;            // pairs in the cell with the fewest pairs
  double sd = 0;            // pooled over the cells
  double half_width = 0;    // of the 95 % interval with these seeds and this sd
  int seeds_for_delta = 0;  // seeds at which it is within delta, at a planned look if looks are planned; 0: more than 1000 or than planned, or no delta
};

std::optional<Resolution> resolution_of(const std::vector<GapGroup>& groups, double delta, const Looks& looks);  // none without a spread

struct GapTable {
  std::string sweep, baseline;
  Metric metric = top1_accuracy();  // of all runs
  double delta = 0;                 // in points if the metric is a percentage, else in its unit
  std::string delta_from;           // as in Sweep
  std::vector<GapGroup> groups;     // ascending axis values, numbers as numbers
  std::vector<ExpectedRun> missing;
  std::optional<Resolution> resolution;
  int copies = 0;                // files that were left out because another file holds the same run
  Interconnect network;          // of the modelled seconds
  Looks looks;                   // that were planned
  std::vector<int> seeds_added;  // numbers of seeds that runs were made for one after another, without planned looks; fewer than two: it was one number
};

// What a table has to decide: each of its rows against the baseline, but no variant that only gives others their target, and its contrasts.
struct Comparison {
  const Paired& paired;
  const Axes& axes;
  std::string arm, against;
  bool is_contrast = false;
};
std::vector<Comparison> comparisons(const GapTable& table);  // they refer to the table

// True if max Ξ of a row was measured exactly in every step.
bool distance_is_exact(const GapRow& row);

// Table of one sweep. Runs may come in any order; a run belongs to every cell that its axes agree with. Diverged runs stay in, without a final score, whatever
// the caller gives; a comparison with such a run says so instead of a verdict. Missing runs are those of `plan` that no run matches; without a plan, every
// variant and seed is expected in each cell that has a run.
GapTable gap_table(std::vector<FinishedRun> runs, const Sweep& sweep, const std::vector<ExpectedRun>& plan = {}, const PublishedLookup& published = {});

// Renderings, each ending with a newline. Markdown is aligned for a terminal. CSV has one row per cell and variant, then one per contrast of the cell
// (`contrast` 1, `variant` its arm, `against` the other). JSON has the schema name `xibench-gap`, version 2 (1 had other verdicts), and null for values that
// were not measured.
std::string gap_markdown(const GapTable& table);
std::string gap_csv(const GapTable& table);
std::string gap_json(const GapTable& table);

}  // namespace xib
