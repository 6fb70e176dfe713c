#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/control/controller.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/rows.hpp"
#include "harness/run/recorder.hpp"
#include "harness/task/task.hpp"
#include "harness/train/kept_state.hpp"

#include <cstdint>
#include <string>

namespace xib {

// What a checkpoint holds of a run, and what tells whether one is of this run.
struct CheckpointedRun {
  Communicator& communicator;
  const NodeLayout& layout;
  const Task& task;  // its data
  ConsensusController& consensus;
  KeptState kept;  // models, buffers, and what optimizer and algorithm keep: the one list that saving and loading share
};

// Collective. Everything that determines the rest of the run, gathered to rank 0 in node order and written to `path`: a run can be
// resumed on any number of ranks and threads. Random streams need no state: they are functions of the step.
void save_checkpoint(const std::string& path, const CheckpointedRun& run, Recorder& recorder, std::int64_t steps_done, const Incarnation& by = {});

struct Resumed {
  bool found = false;
  std::int64_t steps_done = 0;
  RunRecord record;  // on rank 0
  std::string note;  // on rank 0: why an older checkpoint was used, or none; or ""
};
// Collective. Restores `run` from `path`, or from the one before it, where the newest is damaged and is then set aside. Where none is found, or none but
// damaged ones, which are all set aside, the run begins. Throws Error(work) when a checkpoint is of another run or build, Error(input) when the data files are
// others.
Resumed load_checkpoint(const std::string& path, const CheckpointedRun& run, const std::string& run_id, const Incarnation& by = {});

}  // namespace xib
