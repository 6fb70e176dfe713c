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
#include <memory>
#include <string>

namespace xib {

// Parts of a run that a checkpoint holds, or that tell whether a checkpoint belongs to this run.
struct CheckpointedRun {
  Communicator& communicator;
  const NodeLayout& layout;
  const Task& task;  // for the checksums of its data
  ConsensusController& consensus;
  KeptState kept;  // models, buffers, state of optimizer and algorithm: the one list that saving and loading share
};

// Collective. Gathers everything that determines the rest of the run to rank 0, in node order, and writes it to `path`. A run can be resumed on any number of
// ranks and threads. Random streams need no state: they are functions of the step.
void save_checkpoint(const std::string& path, const CheckpointedRun& run, Recorder& recorder, std::int64_t steps_done, const Incarnation& by = {});

struct Resumed {
  bool found = false;
  std::int64_t steps_done = 0;
  // On rank 0: a record with the rows that the log does not have, and the log, which is empty where there was no checkpoint.
  RunRecord record;
  std::unique_ptr<RowLog> log;
  std::string note;  // on rank 0: why the newest checkpoint was not used; "" if it was, or if there is none
};
// Collective. Restores `run` from `path`. Damaged checkpoints are set aside: if the newest is damaged, the previous one is used. Without a whole checkpoint
// the run starts at its first step. Throws Error(work) if the checkpoint belongs to another run or build, Error(input) if the data files have changed.
Resumed load_checkpoint(const std::string& path, const CheckpointedRun& run, const std::string& run_id, const Incarnation& by = {});

}  // namespace xib
