#pragma once

#include "harness/sweep/run_config.hpp"

#include <string>

namespace xib {

// What a run takes of a machine, told from its configuration: bytes, bounds from above. harness/sweep/README.md has the formula.
struct RunSize {
  double program = 0;   // of each process: code and libraries
  double matrices = 0;  // of the largest rank: models, gradients, momentum, what algorithm and gossip keep, what a checkpoint collects
  double data = 0;      // of each rank: the data set, mini-batches
  double threads = 0;   // of all threads of a rank
  double record = 0;    // of rank 0: what the run file will hold, and its copies
  double result = 0, checkpoint = 0;  // on disk: the run file, one checkpoint
  double memory() const { return program + matrices + data + threads + record; }  // of the largest rank
};

// ranks: at most nodes. Throws Error(input) for what check_task() refuses.
RunSize run_size(const RunConfig& config, int ranks, int threads);

std::string describe(const RunSize& size);  // "1.3 GB: models, gradients and momentum 1 GB, ..."

}  // namespace xib
