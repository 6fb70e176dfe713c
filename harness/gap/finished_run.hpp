#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/gap/sweep_facts.hpp"
#include "harness/gap/traffic.hpp"

namespace xib {

// Dotted key of [sweep] -> value as text, in the order of the sweep file: the cell of the table that a run belongs to.
using Axes = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kAnyValue = "*";  // the key says nothing about this run, so it belongs to every value

// Dotted key -> value as text, of a resolved configuration.
using Settings = std::map<std::string, std::string>;

// A list that has one value for every phase reads as that value. Throws Error(input) for what is no JSON object.
Settings settings_of(const std::string& config_json);

// One run under one of its variant names, as the comparison sees it.
struct FinishedRun {
  std::string path, id, variant;
  std::int64_t seed = 0;
  Axes axes;
  std::string config_json;
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // of the mean model on the test set at the end, percent; NaN: it diverged
  double accuracy_nodes_mean = std::numeric_limits<double>::quiet_NaN(), accuracy_nodes_min = std::numeric_limits<double>::quiet_NaN();
  std::int64_t rounds = 0, bytes_sent = 0;
  Traffic traffic{.messages = std::numeric_limits<double>::quiet_NaN(),
                  .serial_messages = std::numeric_limits<double>::quiet_NaN(),
                  .serial_bytes = std::numeric_limits<double>::quiet_NaN()};
  std::int64_t gauge_bytes_sent = 0;                                      // to measure
  double decision_bytes_sent = std::numeric_limits<double>::quiet_NaN();  // of these, what policies needed to decide
  std::vector<double> distance_max;                                       // largest Ξ of each phase
  std::int64_t target_missed_steps = 0;                                   // steps in which control did not reach its target
  bool diverged = false;  // and ended there: it has no final accuracy, and its costs are those of a part of the steps
  double wall_s = std::numeric_limits<double>::quiet_NaN();
};

// The values of the sweep's axes in a resolved configuration; kAnyValue where the variant sets the key itself. control.in_phase, control.otherwise
// and control.policy are taken apart again where the sweep varies one of the first two: resolved, a run only has a policy for every phase. A run
// with control.otherwise in all phases is then in_phase *, so that it is the baseline of every phase.
Axes axes_of(const std::string& config_json, const SweepFacts& facts, const std::string& variant);

// Refuses runs that two versions of a sweep left in one folder: two runs for one variant, cell and seed; or different settings
// (epochs, learning rate, data ...) where neither [sweep] nor a variant varies them. The message names files, key and values.
void check_one_sweep(const std::vector<FinishedRun>& runs, const SweepFacts& facts);

}  // namespace xib
