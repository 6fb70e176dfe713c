#pragma once

#include "harness/job/job.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"

#include <cstdint>
#include <memory>

namespace xib {

// A run that is ready to train, from its beginning or its last checkpoint.
struct Prepared {
  std::unique_ptr<Run> run;
  std::unique_ptr<Recorder> recorder;  // the last attempt in its record is this one
  std::int64_t first_step = 0;
};

// Collective. Makes the run and loads its checkpoint. Prints where the run continues, and what happened to a damaged checkpoint.
Prepared prepare(const Job& job, const Incarnation& incarnation);

// Ends this attempt in the record, with `steps_done` steps of the run. Rank 0 only.
void close_attempt(RunRecord& record, Standing standing, std::int64_t steps_done);

}  // namespace xib
