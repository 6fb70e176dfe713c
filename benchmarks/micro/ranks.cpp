#include "harness/comm/mpi_communicator.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

// What nodes of several ranks take to communicate, against the same bytes by plain MPI: mpirun -n 2 build/micro_ranks
namespace xib::micro {
namespace {

Communicator* world = nullptr;  // of main()

// Both sides of a comparison, alternately: each begins when all ranks are ready and ends with the last of them. Time: the median of ours. Every rank takes
// as many turns.
void compare(benchmark::State& state, std::int64_t wrong, const std::function<void()>& ours, const std::function<void()>& plain_mpi) {
  const auto seconds = [](const std::function<void()>& body) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double begin = MPI_Wtime();
    body();
    double took = MPI_Wtime() - begin;
    MPI_Allreduce(MPI_IN_PLACE, &took, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return took;
  };
  const auto median = [](std::vector<double>& of) {
    std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
    return of[of.size() / 2];
  };
  std::vector<double> mine, theirs;
  for (auto _ : state) {
    theirs.push_back(seconds(plain_mpi));
    mine.push_back(seconds(ours));
    state.SetIterationTime(mine.back());
  }
  MPI_Allreduce(MPI_IN_PLACE, &wrong, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  const double us = median(mine), mpi = median(theirs);
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["median_ms"] = 1e3 * us;
  state.counters["mpi_ms"] = 1e3 * mpi;
  state.counters["of_mpi"] = mpi / us;
}

// The models of this rank's nodes, small integers: their sums are exact.
struct Models {
  NodeLayout layout;
  std::size_t dim;
  NodeMatrix x;
  explicit Models(const benchmark::State& state)
      : layout{static_cast<int>(state.range(0)) * world->size(), world->size(), world->rank()},
        dim(static_cast<std::size_t>(state.range(1))),
        x(layout.mine().count, dim) {
    for (int k = 0; k < x.count(); ++k)
      for (std::size_t c = 0; c < dim; ++c) x.row(k)[c] = value(layout.mine().first + k, c);
  }
  static float value(int node, std::size_t column) { return static_cast<float>((static_cast<std::size_t>(node) * 7 + column) % 64); }
};

// Exact averaging, against what a user would write: adding up the models of a rank, MPI_Allreduce of the sum, the mean to all of them. Wrong: columns that
// are not the mean by the definition.
void average(benchmark::State& state) {
  Models m(state);
  ThreadPool pool(1);
  NodeStatistics statistics(*world, pool, m.layout, m.dim);
  statistics.average(m.x);
  std::int64_t wrong = 0;
  for (std::size_t c = 0; c < m.dim; ++c) {
    double sum = 0;
    for (int i = 0; i < m.layout.nodes; ++i) sum += Models::value(i, c);
    for (int k = 0; k < m.x.count(); ++k) wrong += m.x.row(k)[c] != static_cast<float>(sum / m.layout.nodes);
  }
  NodeMatrix y(m.x.count(), m.dim);
  std::vector<float> sum(m.dim);
  const auto plain = [&] {
    std::ranges::copy(y.row(0), sum.begin());
    for (int k = 1; k < y.count(); ++k)
      for (std::size_t c = 0; c < m.dim; ++c) sum[c] += y.address(k)[c];
    MPI_Allreduce(MPI_IN_PLACE, sum.data(), static_cast<int>(m.dim), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    for (int k = 0; k < y.count(); ++k)
      for (std::size_t c = 0; c < m.dim; ++c) y.address(k)[c] = sum[c] / static_cast<float>(m.layout.nodes);
  };
  const auto bare = [&] { MPI_Allreduce(m.x.data(), sum.data(), static_cast<int>(m.dim), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); };
  compare(
      state, wrong, [&] { statistics.average(m.x); }, m.x.count() > 1 ? std::function<void()>(plain) : bare);
}

// Ξ, with the Gram matrix or without, against MPI_Allreduce of a model. Wrong: a distance that differs from the definition's by more than rounding.
void measure(benchmark::State& state, Gram gram) {
  Models m(state);
  ThreadPool pool(1);
  NodeStatistics statistics(*world, pool, m.layout, m.dim);
  double expected = 0;
  for (std::size_t c = 0; c < m.dim; ++c) {
    double mean = 0;
    for (int i = 0; i < m.layout.nodes; ++i) mean += Models::value(i, c) / m.layout.nodes;
    for (int i = 0; i < m.layout.nodes; ++i) expected += (Models::value(i, c) - mean) * (Models::value(i, c) - mean) / m.layout.nodes;
  }
  // n dim terms, none negative, of relative error below 4 u each, added one by one: Ξ² errs by (n dim + 4) u relative, Ξ by half of it; both sides do.
  const double bound = (m.layout.nodes * static_cast<double>(m.dim) + 4) * 0x1p-53 * std::sqrt(expected);
  const std::int64_t wrong = !(std::abs(statistics.measure(m.x, gram).distance - std::sqrt(expected)) <= bound);
  std::vector<float> row(m.dim), sum(m.dim);
  compare(
      state, wrong, [&] { benchmark::DoNotOptimize(statistics.measure(m.x, gram)); },
      [&] { MPI_Allreduce(row.data(), sum.data(), static_cast<int>(m.dim), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); });
}

// One gossip round on a ring, against MPI_Isend and MPI_Irecv of the same rows. Wrong: columns that differ from W X by more than two terms' rounding.
void halo(benchmark::State& state) {
  Models m(state);
  ThreadPool pool(1);
  const auto schedule = make_mixing("ring", "uniform", m.layout.nodes, 1);
  Mixer mixer(*world, pool, m.layout, m.dim, schedule);
  mixer.rounds(m.x, 0, 1);
  std::int64_t wrong = 0;
  for (std::size_t c = 0; c < m.dim; ++c)
    for (int k = 0; k < m.x.count(); ++k) {
      double expected = 0;
      for (const auto& [j, w] : schedule.at(0).row(m.layout.mine().first + k)) expected += w * Models::value(j, c);
      wrong += !(std::abs(m.x.row(k)[c] - expected) <= 11 * 0x1p-24 * 64);  // as derived in the mixer's test
    }
  const int ranks = world->size(), before = (world->rank() + ranks - 1) % ranks, after = (world->rank() + 1) % ranks;
  const bool both_sides = m.layout.nodes > 2 && ranks > 1;
  std::vector<float> first(m.dim), last(m.dim), from_before(m.dim), from_after(m.dim);
  const auto count = static_cast<int>(m.dim);
  compare(
      state, wrong, [&] { mixer.rounds(m.x, 0, 1); },
      [&] {
        MPI_Request requests[4];
        MPI_Irecv(from_before.data(), count, MPI_FLOAT, before, 1, MPI_COMM_WORLD, &requests[0]);
        MPI_Isend(last.data(), count, MPI_FLOAT, after, 1, MPI_COMM_WORLD, &requests[1]);
        if (both_sides) {
          MPI_Irecv(from_after.data(), count, MPI_FLOAT, after, 2, MPI_COMM_WORLD, &requests[2]);
          MPI_Isend(first.data(), count, MPI_FLOAT, before, 2, MPI_COMM_WORLD, &requests[3]);
        }
        MPI_Waitall(both_sides ? 4 : 2, requests, MPI_STATUSES_IGNORE);
      });
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"nodes_per_rank", "dim"})->UseManualTime()->Unit(benchmark::kMillisecond);
  b->Args({1, 4000})->Args({1, 272474})->Args({1, 4000000})->Args({8, 272474});
  b->Iterations(50);
}
BENCHMARK(average)->Apply(sizes);
BENCHMARK_CAPTURE(measure, distance, Gram::no)->Apply(sizes);
BENCHMARK_CAPTURE(measure, gram, Gram::yes)->Apply(sizes);
BENCHMARK(halo)->Apply(sizes);

// Ranks other than 0 say nothing.
class Silent final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

}  // namespace
}  // namespace xib::micro

int main(int argc, char** argv) {
  const auto mpi = xib::make_mpi_communicator();
  xib::micro::world = mpi.get();
  std::vector<char*> arguments;
  for (int k = 0; k < argc; ++k)
    if (mpi->rank() == 0 || !std::string_view(argv[k]).starts_with("--benchmark_out")) arguments.push_back(argv[k]);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  benchmark::AddCustomContext("ranks", fmt::format("{}", mpi->size()));
  xib::micro::Silent silent;
  mpi->rank() == 0 ? benchmark::RunSpecifiedBenchmarks() : benchmark::RunSpecifiedBenchmarks(&silent);
}
