#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/rows.hpp"
#include "harness/run/session.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/task/way.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace xib {

struct Effort {
  std::vector<int> threads = {1};  // per rank; each of these numbers is measured
  std::int64_t warmup = 5, steps = 20;
  std::string data_directory;  // "": the data set's default place
  Device* device = nullptr;    // of this rank, for runs whose train.device is not cpu
  Way way = Way::automatic;    // how networks are computed there
};

// Time of the steps of one run with one number of threads, in all of its phases that have the same graph and policy.
struct Measurement {
  int threads = 1;
  std::vector<int> phases;                      // from 1; the first of them was measured
  std::int64_t phase_steps = 0, run_steps = 0;  // number of steps of these phases, and of the whole run
  std::size_t dim = 0;
  double reference_distance = kNaN;  // that fraction() referred to, if it is the policy
  std::string rank_facts;
  std::vector<std::pair<std::string, std::string>> task_facts;  // Task::facts()
  // On rank 0:
  std::vector<StepRow> steps = {};                           // the timed ones
  std::vector<float> rank_compute_s = {}, rank_wait_s = {};  // steps x ranks
};

// Collective. Times the loop of train() on a run's models, phase by phase, without evaluations, and writes no file. Several numbers of threads alternate in
// blocks of steps, so that a machine that becomes slower favours none; all their models are in memory at once. fraction() refers to the Ξ that the reference
// run has after as many steps. After every block, rank 0 calls `progress` with the steps done and the steps of the whole call. Throws Error;
// Fault::interrupted after a signal.
std::vector<Measurement> measure(const Plan& plan, const PlannedRun& planned, Communicator& communicator, const Effort& effort,
                                 const std::function<void(const Session::Progress&)>& progress);

}  // namespace xib
