#pragma once

#include "harness/job/measure.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace xib {

// One measurement of `xibench bench`. The time of a step is that of rank 0.
struct Measured {
  const PlannedRun* run;
  Measurement measurement;
  std::vector<double> seconds = {};  // of every timed step, ascending
  double run_s = 0;                  // estimate of the whole run with this number of threads, without evaluations

  double quantile(double q) const;
  double samples_per_s() const { return static_cast<double>(measurement.steps.front().samples) / quantile(0.5); }
  template <class Number>
  double mean(Number StepRow::*column) const {
    double sum = 0;
    for (const StepRow& row : measurement.steps) sum += static_cast<double>(row.*column);
    return sum / static_cast<double>(measurement.steps.size());
  }
};

// Fills in `seconds` and `run_s`: the median of every phase times its steps.
void add_estimates(std::vector<Measured>& all);

// Seconds per step over all these runs, by number of threads; slurm/submit asks for this.
std::map<int, double> seconds_per_step(const std::vector<Measured>& all);

// Median over the steps for each rank. rows: steps x ranks.
std::vector<float> median_by_rank(const std::vector<float>& rows, std::size_t ranks);

}  // namespace xib
