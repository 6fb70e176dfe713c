#pragma once

#include "harness/record/standing.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"
#include "harness/run/session.hpp"

namespace xib {

// The experiment. Returns finished or interrupted; throws Diverged when a loss or Ξ is no longer finite.
Standing train(Run& run, Recorder& recorder, Session& session);

}  // namespace xib
