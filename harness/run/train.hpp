#pragma once

#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"
#include "harness/run/session.hpp"

namespace xib {

enum class Trained { finished, interrupted };

// The experiment. Throws Diverged when a loss or Ξ is no longer finite.
Trained train(Run& run, Recorder& recorder, Session& session);

}  // namespace xib
