#pragma once

#include "harness/record/standing.hpp"

namespace xib {

// How a run stands that a process was asked to do.
struct Outcome {
  Standing standing = Standing::missing;  // finished, diverged, interrupted, elsewhere
  bool before = false;                    // it had come to its end already: nothing was done
  bool operator==(const Outcome&) const = default;
};
constexpr Outcome outcome_before(Standing standing) { return {standing, true}; }

}  // namespace xib
