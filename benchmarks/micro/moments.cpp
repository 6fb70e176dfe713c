#include "harness/mix/moments.hpp"

#include "benchmarks/micro/machine.hpp"
#include "harness/comm/single.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/sketch.hpp"

#include <algorithm>
#include <cmath>

namespace xib::micro {
namespace {

// Σ_c (x_i - x̄)_c (x_j - x̄)_c by the definition.
double product(const NodeMatrix& x, int i, int j) {
  double sum = 0;
  for (std::size_t c = 0; c < x.dim(); ++c) {
    double mean = 0;
    for (int k = 0; k < x.count(); ++k) mean += x.row(k)[c];
    mean /= x.count();
    sum += (x.row(i)[c] - mean) * (x.row(j)[c] - mean);
  }
  return sum;
}

// Least traffic: the matrix read once.
void measure(benchmark::State& state, Gram gram) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim);
  fill(x);
  NodeStatistics statistics(*communicator, pool, {nodes, 1, 0}, dim);
  const auto m = statistics.measure(x, gram);
  // Terms are below 64 and sums of dim terms err by dim u relative to Σ|term|: 64 dim² u.
  const double bound = 64 * static_cast<double>(dim) * static_cast<double>(dim) * 0x1p-53;
  std::int64_t wrong = !(std::abs(m.squared_distance[1] - product(x, 1, 1)) <= bound);
  if (gram == Gram::yes) wrong += !(std::abs(m.gram[static_cast<std::size_t>(nodes) + 2] - product(x, 1, 2)) <= bound);
  for (auto _ : state) benchmark::DoNotOptimize(statistics.measure(x, gram));
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, bytes, Limit::read, bytes, threads);
  // Of each column n (n + 1) / 2 products, added up.
  if (gram == Gram::yes) report_operations(state, nodes * (nodes + 1.0) * static_cast<double>(dim), threads);
}

// Ξ before and after a round on the ring: in one pass over memory, or in three. Least traffic: the matrix read and written once. Wrong: other numbers, or other
// models, than those of three passes.
void measured_round(benchmark::State& state, bool one_pass) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  const NodeLayout layout{nodes, 1, 0};
  const auto schedule = make_mixing("ring", "uniform", nodes, 1);
  NodeMatrix x(nodes, dim), other(nodes, dim);
  fill(x);
  fill(other);
  NodeStatistics statistics(*communicator, pool, layout, dim);
  Mixer mixer(*communicator, pool, layout, dim, schedule);
  const auto by_passes = [&](NodeMatrix& models) {
    NodeStatistics::Around found{.before = statistics.measure(models), .after = {}};
    mixer.rounds(models, 0, 1);
    found.after = statistics.measure(models);
    return found;
  };
  const auto expected = by_passes(other), found = statistics.measure_around(x, {}, true, mixer.by_columns(x, 0, 1, 1));
  std::int64_t wrong = found.before.squared_distance != expected.before.squared_distance;
  wrong += found.after.squared_distance != expected.after.squared_distance;
  for (int i = 0; i < nodes; ++i) wrong += !std::ranges::equal(x.row(i), other.row(i));
  for (auto _ : state)
    if (one_pass)
      benchmark::DoNotOptimize(statistics.measure_around(x, {}, true, mixer.by_columns(x, 0, 1, 1)));
    else
      benchmark::DoNotOptimize(by_passes(x));
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, 2 * bytes, Limit::triad, bytes, threads);
}

// Least traffic: the matrix read, and written.
void average(benchmark::State& state) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim), start(nodes, dim);
  fill(x);
  fill(start);
  NodeStatistics statistics(*communicator, pool, {nodes, 1, 0}, dim);
  statistics.average(x);
  std::int64_t wrong = 0;
  for (std::size_t c = 0; c < dim; ++c) {
    double mean = 0;
    for (int k = 0; k < nodes; ++k) mean += start.row(k)[c];
    for (int k = 0; k < nodes; ++k) wrong += x.row(k)[c] != static_cast<float>(mean / nodes);
  }
  for (auto _ : state) statistics.average(x);
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, 2 * bytes, Limit::triad, bytes, threads);
}

// Least traffic: the matrix read once. Wrong: off by more than 10 standard errors, sqrt(2/k) each.
void sketch(benchmark::State& state) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2)), buckets = static_cast<int>(state.range(3));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim);
  fill(x);
  const NodeLayout layout{nodes, 1, 0};
  const double exact = std::pow(NodeStatistics(*communicator, pool, layout, dim).measure(x).distance, 2);
  Sketch gauge(*communicator, pool, layout, dim, buckets, 1);
  const std::int64_t wrong = !(std::abs(gauge.squared_distance(x, 0) / exact - 1) <= 10 * std::sqrt(2.0 / buckets));
  std::int64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(gauge.squared_distance(x, key++));
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, bytes, Limit::read, bytes, threads);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes", "dim", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
  b->Args({16, 272474, 1})->Args({16, 272474, 2})->Args({32, 1000000, 1})->Args({64, 272474, 2})->Args({512, 65536, 1})->Args({4, 10000000, 1});
  b->Args({16, 4000, 1});
}

BENCHMARK_CAPTURE(measure, distance, Gram::no)->Apply(sizes);
BENCHMARK_CAPTURE(measure, gram, Gram::yes)->Apply(sizes);
void round_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes", "dim", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int threads : {1, 2}) b->Args({16, 272474, threads})->Args({4, 10000000, threads})->Args({32, 1000000, threads});
}
BENCHMARK_CAPTURE(measured_round, one_pass, true)->Apply(round_sizes);
BENCHMARK_CAPTURE(measured_round, three_passes, false)->Apply(round_sizes);
BENCHMARK(average)->Apply(sizes);
void sketches(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes", "dim", "threads", "k"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int k : {64, 128, 1024}) b->Args({16, 272474, 1, k})->Args({16, 272474, 2, k})->Args({32, 1000000, 1, k})->Args({512, 65536, 1, k});
}
BENCHMARK(sketch)->Apply(sketches);

}  // namespace
}  // namespace xib::micro
