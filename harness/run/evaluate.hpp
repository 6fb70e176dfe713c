#pragma once

#include "harness/record/rows.hpp"
#include "harness/run/run.hpp"

#include <optional>

namespace xib {

// Evaluates what is due after `step` (counted from 0), as evaluation.every says; nullopt when nothing is. Collective; every rank gets the
// same row. The mean model x̄ is evaluated with the average of the nodes' BatchNorm statistics.
std::optional<EvaluationRow> evaluate_if_due(Run& run, std::int64_t step);

// x̄ on every rank.
std::vector<float> mean_model(Run& run);

}  // namespace xib
