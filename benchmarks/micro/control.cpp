#include "harness/control/controller.hpp"

#include "benchmarks/micro/machine.hpp"
#include "harness/comm/single.hpp"
#include "harness/control/rounds_to_target.hpp"
#include "harness/core/check.hpp"

#include <cmath>

namespace xib::micro {
namespace {

constexpr int kRounds = 10;

// A Gram matrix of n nodes with independent models, and a target that takes ten rounds on a ring. Wrong: another number of rounds.
void one_shot(benchmark::State& state) {
  const auto nodes = static_cast<int>(state.range(0));
  const auto n = static_cast<std::size_t>(nodes);
  std::vector<double> gram(n * n, -1.0 / nodes);  // I - J
  for (std::size_t i = 0; i < n; ++i) gram[i * n + i] += 1;
  const auto schedule = make_mixing("ring", "uniform", nodes, 1);
  const double target = rounds_to_target(gram, schedule, 0, -1, {0, kRounds}).distance * (1 + 1e-9);
  const std::int64_t wrong = rounds_to_target(gram, schedule, 0, target, {0, 1000}).rounds != kRounds;
  for (auto _ : state) benchmark::DoNotOptimize(rounds_to_target(gram, schedule, 0, target, {0, 1000}));
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["per_round"] = benchmark::Counter(kRounds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(one_shot)->ArgNames({"nodes"})->Arg(16)->Arg(64)->Arg(256)->Arg(512)->Unit(benchmark::kMicrosecond);

// Times steps of control to a target on a ring of independent models. target: of the Ξ that is predicted after a number of rounds. Wrong: `as_expected` says
// that a step did not do what it should.
template <class Target, class AsExpected>
void time_control(benchmark::State& state, int threads, const Method& method, Target target_of, AsExpected as_expected) {
  const auto nodes = static_cast<int>(state.range(0));
  const auto dim = static_cast<std::size_t>(state.range(1));
  const auto communicator = make_single_communicator();
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim), start(nodes, dim), g(nodes, dim);
  fill(start);
  const NodeLayout layout{nodes, 1, 0};
  const auto schedule = make_mixing("ring", "uniform", nodes, 1);
  const auto gram = NodeStatistics(*communicator, pool, layout, dim).measure(start, Gram::yes).gram;
  const double target = target_of([&](int rounds) { return rounds_to_target(gram, schedule, 0, -1, {rounds, rounds}).distance; });
  std::vector<PhaseControl> phases;
  phases.push_back({schedule, make_policy(fmt::format("target({})", target), "policy", {})});
  ConsensusController controller(*communicator, pool, layout, dim, std::move(phases), 1, {}, {}, method);
  Stopwatch watch([&] { return communicator->now(); }, [] { return 0.0; });
  const std::vector<double> norm2(static_cast<std::size_t>(nodes), 1.0);
  std::int64_t step = 0, wrong = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::copy_n(start.data(), static_cast<std::size_t>(nodes) * start.stride(), x.data());
    state.ResumeTiming();
    wrong += !as_expected(controller.communicate(x, g, norm2, {.step = step++, .lr = 1, .lr_max = 1}, watch), target);
  }
  state.counters["wrong"] = static_cast<double>(wrong);
}

// All that exact control adds to a step: measure with the Gram matrix, decide, mix ten rounds, measure again. Wrong: another number of rounds, or a distance
// above the target by more than mixing in float can err (11 u |x| sqrt(dim) per round, |x| < 8).
void exact_control(benchmark::State& state) {
  const double err = kRounds * 11 * 0x1p-24 * 8 * std::sqrt(static_cast<double>(state.range(1)));
  time_control(
      state, static_cast<int>(state.range(2)), {}, [](auto after) { return after(kRounds) * (1 + 1e-6); },
      [&](const Communicated& done, double target) { return done.rounds == kRounds && done.distance <= target + err; });
}

// A step under control by a Gram matrix or by the loop, which measure before and after mixing anyway, for the record. Wrong: another number of rounds than
// that of the target, which is between those of two measured distances.
void decision(benchmark::State& state, const char* method) {
  const auto rounds = static_cast<int>(state.range(2));
  time_control(
      state, 1, make_method(method, "method"), [&](auto after) { return std::sqrt(after(rounds) * after(rounds - 1)); },
      [&](const Communicated& done, double) { return done.rounds == rounds; });
}
void of_both(benchmark::internal::Benchmark* of) {
  of->ArgNames({"nodes", "dim", "rounds"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const std::int64_t nodes : {16, 64})
    for (const std::int64_t dim : {10'000, 272'474})
      for (const std::int64_t rounds : {1, 3, 10}) of->Args({nodes, dim, rounds});
}
BENCHMARK_CAPTURE(decision, gram, "gram")->Apply(of_both);
BENCHMARK_CAPTURE(decision, loop, "loop")->Apply(of_both);

BENCHMARK(exact_control)
    ->ArgNames({"nodes", "dim", "threads"})
    ->Args({16, 272474, 1})
    ->Args({16, 272474, 2})
    ->Args({64, 272474, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xib::micro
