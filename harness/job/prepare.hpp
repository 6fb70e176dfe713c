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
  std::unique_ptr<Recorder> recorder;  // this attempt's row is the last of its record's
  std::int64_t first_step = 0;
};

// Collective. Says where a run goes on, and what became of a damaged checkpoint.
Prepared prepare(const Job& job, const Incarnation& incarnation);

// On rank 0: this attempt ends here, with `steps_done` of the run's steps.
void close_attempt(RunRecord& record, Standing standing, std::int64_t steps_done);

}  // namespace xib
