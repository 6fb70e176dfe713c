#pragma once

#include "harness/job/job.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/outcome.hpp"
#include "harness/record/replace_file.hpp"

#include <memory>
#include <optional>

namespace xib {

// Whether the run is this process's to do.
struct Claim {
  std::optional<Outcome> outcome = {};  // there is nothing to do, or not by this process
  std::unique_ptr<Lease> lease = {};    // else: on rank 0, given back when the claim ends
  Incarnation incarnation = {};         // and on every rank: who writes the run's files from now on
};

// Collective. Waits for the runs that this one refers to, where others are doing them; takes the lease; sets a damaged result aside.
Claim claim(const Job& job);

}  // namespace xib
