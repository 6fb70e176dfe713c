#include "benchmarks/micro/machine.hpp"
#include "harness/comm/single.hpp"
#include "harness/mix/mixer.hpp"

#include <cmath>

namespace xib::micro {
namespace {

// Entries of the mixed matrix that differ from W X by the definition, in double, by more than rounding: 11 u max|x| per round (derived in the
// mixer's test), |x| < 8. Some columns of all nodes are looked at.
std::int64_t wrong_entries(const NodeMatrix& before, const NodeMatrix& after, const MixingSchedule& schedule, int rounds) {
  const double bound = rounds * 11 * 0x1p-24 * 8;
  const auto n = static_cast<std::size_t>(before.count());
  std::int64_t wrong = 0;
  for (std::size_t c = 0; c < before.dim(); c += 1 + before.dim() / 97) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = before.row(static_cast<int>(i))[c];
    for (int q = 0; q < rounds; ++q) {
      std::vector<double> next(n, 0.0);
      for (std::size_t i = 0; i < n; ++i)
        for (const auto& [j, w] : schedule.at(q).row(static_cast<int>(i))) next[i] += w * x[static_cast<std::size_t>(j)];
      x = next;
    }
    for (std::size_t i = 0; i < n; ++i) wrong += !(std::abs(after.row(static_cast<int>(i))[c] - x[i]) <= bound);
  }
  return wrong;
}

// q rounds on all nodes of one rank. Least traffic: the matrix read and written once, whatever q is.
void rounds(benchmark::State& state, const char* graph) {
  const auto nodes = static_cast<int>(state.range(0)), count = static_cast<int>(state.range(2)), threads = static_cast<int>(state.range(3));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim), start(nodes, dim);
  fill(x);
  fill(start);
  const auto schedule = make_mixing(graph, "uniform", nodes, 1);
  Mixer mixer(*communicator, pool, {nodes, 1, 0}, dim, schedule);
  mixer.rounds(x, 0, count);
  const auto wrong = wrong_entries(start, x, schedule, count);
  for (auto _ : state) mixer.rounds(x, 0, count);
  report(state, wrong, 2.0 * nodes * static_cast<double>(dim) * 4, Limit::triad, nodes * static_cast<double>(dim) * 4, threads);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes", "dim", "rounds", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int q : {1, 3, 10, 30}) b->Args({16, 272474, q, 1})->Args({32, 1000000, q, 1});
  for (const int q : {1, 10})
    b->Args({16, 272474, q, 2})->Args({64, 272474, q, 2})->Args({512, 65536, q, 1})->Args({4, 10000000, q, 1})->Args({16, 4000, q, 1});
}
void few_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes", "dim", "rounds", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int q : {1, 10}) b->Args({16, 272474, q, 1})->Args({512, 65536, q, 1});
}

BENCHMARK_CAPTURE(rounds, ring, "ring")->Apply(sizes);
BENCHMARK_CAPTURE(rounds, exponential, "exponential")->Apply(few_sizes);
BENCHMARK_CAPTURE(rounds, complete, "complete")
    ->ArgNames({"nodes", "dim", "rounds", "threads"})
    ->Args({16, 272474, 1, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xib::micro
