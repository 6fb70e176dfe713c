#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>

namespace xib::micro {

// Normal numbers, node by node: the same in every run.
void fill(NodeMatrix& x, std::uint64_t seed = 1);

// What the machine can do, measured in this process, once for each size and number of threads: the best of nine.
enum class Limit {
  triad,  // bytes/s of STREAM's a = b + s c, as STREAM counts them
  read,   // bytes/s of adding up
  write,  // bytes/s of filling
};
double bandwidth(Limit limit, double bytes, int threads);  // over so much memory in all
double dgemm(int threads);                                 // double operations/s of a product of two 768 x 768 matrices by OpenBLAS; NaN in builds without

// Counters that every kernel reports: wrong answers found before timing (0, or the number is worthless), bytes/s at its least possible traffic, and that as a
// share of the limit over as much memory: of_triad, of_read, of_write.
void report(benchmark::State& state, std::int64_t wrong, double bytes_per_iteration, Limit limit, double memory, int threads);
// of_dgemm: the share of a rate of operations.
void report_operations(benchmark::State& state, double operations_per_iteration, int threads);

}  // namespace xib::micro
