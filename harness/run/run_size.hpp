#pragma once

#include "harness/sweep/run_config.hpp"

#include <cstddef>
#include <string>

namespace xib {

// Resources that a run needs, from its configuration: bytes, upper bounds. harness/sweep/README.md has the formula.
struct RunSize {
  double libraries = 0;               // code, which all processes of a machine share
  double program = 0;                 // of each process, before it has done anything
  double matrices = 0;                // of the largest rank: models, gradients, momentum, matrices of algorithm and gossip, the copy for a checkpoint
  double data = 0;                    // of each rank: the data set, mini-batches
  double threads = 0;                 // of all threads of a rank
  double record = 0;                  // of rank 0: rows, evaluations, their copies, and buffers of the run file
  double result = 0, checkpoint = 0;  // on disk: the run file, one checkpoint
  double rows = 0;                    // on disk: the row log
  double of_rank() const { return program + matrices + data + threads; }  // of the largest rank, without the record, which only rank 0 has
  double memory() const { return libraries + of_rank() + record; }        // of a rank alone on its machine
};

double steps_of(const RunConfig& config);  // of the whole training
double row_bytes(std::size_t dim);         // of a row of a NodeMatrix: whole cache lines

// ranks: at most nodes. Throws Error(input) if check_task() refuses the configuration.
RunSize run_size(const RunConfig& config, int ranks, int threads);

std::string describe(const RunSize& size);  // "1.3 GB: models, gradients and momentum 1 GB, ..."

}  // namespace xib
