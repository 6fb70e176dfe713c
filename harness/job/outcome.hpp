#pragma once

#include "harness/record/standing.hpp"

namespace xib {

// Outcome of a run that a process was asked to do.
struct Outcome {
  Standing standing = Standing::missing;  // finished, diverged, interrupted, elsewhere
  bool before = false;                    // the run had ended before, and this process did nothing
  bool operator==(const Outcome&) const = default;
};
constexpr Outcome outcome_before(Standing standing) { return {standing, true}; }

}  // namespace xib
