#pragma once

#include "harness/job/job.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/outcome.hpp"
#include "harness/record/replace_file.hpp"

#include <memory>
#include <optional>

namespace xib {

// Answer to the question whether this process does the run.
struct Claim {
  std::optional<Outcome> outcome = {};  // set: this process has nothing to do
  std::unique_ptr<Lease> lease = {};    // else, on rank 0: the lease, given back when the claim ends
  Incarnation incarnation = {};         // else, on every rank: the writer of the run's files from now on
};

// Collective. Waits for the runs that this one refers to if other processes are doing them, takes the lease, and sets a damaged result aside.
Claim claim(const Job& job);

}  // namespace xib
