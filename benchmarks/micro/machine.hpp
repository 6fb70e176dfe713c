#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>

namespace xib::micro {

// Normal numbers, node by node: the same in every run.
void fill(NodeMatrix& x, std::uint64_t seed = 1);

// Bytes per second, read and written, at which `threads` threads copy a node matrix of this size; measured once per size.
double memcpy_bandwidth(int nodes, std::size_t dim, int threads);

// Counters that every kernel reports: wrong answers found before timing (0, or the number is worthless), bytes/s at its least possible traffic,
// and that as a share of memcpy.
void report(benchmark::State& state, std::int64_t wrong, double bytes_per_iteration, double roofline);

}  // namespace xib::micro
