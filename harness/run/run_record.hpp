#pragma once

#include "harness/record/rows.hpp"
#include "harness/record/step_totals.hpp"
#include "harness/run/run.hpp"
#include "harness/sweep/plan.hpp"

#include <string>
#include <vector>

namespace xib {

// Facts about a run before its first step; rank 0.
RunRecord begin_record(const Plan& plan, const PlannedRun& planned, const Run& run);

// The rows of /phases, from those of /steps.
std::vector<PhaseRow> phase_rows(const RunConfig& config, const Timeline& timeline, const StepTotals& steps);

// Collective. SHA-256 over every node's model and buffers, in node order; of nothing on ranks other than 0.
std::string hash_models(Communicator& communicator, const NodeMatrix& models, const NodeMatrix& statistics);

}  // namespace xib
