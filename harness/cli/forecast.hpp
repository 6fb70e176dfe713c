#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "harness/cli/next_look.hpp"
#include "harness/core/nan.hpp"

namespace xib {

// How many seeds a verdict or contrast will probably take.
struct Forecast {
  std::string comparison;    // "ring against centralized (train.nodes = 16)"
  int pairs = 0;             // so far
  double difference = kNaN;  // so far
  double sd = kNaN;          // of the differences: its own from 4 pairs on, else that of all comparisons together
  std::string verdict;       // so far
  int seeds = 0;             // of the first look that decides with a chance of 80 % if difference and sd stay as they are; of the present one where it is
                             // decided; 0: none that is planned, or nothing is known
};
struct Forecasts {
  std::vector<int> looks;
  std::vector<double> levels;
  std::vector<Forecast> comparisons;
  int runs_there = 0, runs_left = 0;  // left: of the looks that the forecasts need
  double seconds_left = kNaN;         // at the mean time of the runs that are there, one after another
};

// From the results in sought.out and sought.kept.
Forecasts forecasts(const Sought& sought);

std::string forecast_json(const Forecasts& all);  // an object
std::string forecast_text(const Forecasts& all);  // several lines

}  // namespace xib
