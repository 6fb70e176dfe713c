#include "harness/train/optimizer.hpp"

#include "benchmarks/micro/machine.hpp"

#include <cmath>

namespace xib::micro {
namespace {

// Least traffic: x and the velocity read and written, g read. Wrong: entries that are not x - lr (d + μ v), v = μ v + d, d = g + λ x in float.
void step(benchmark::State& state) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto dim = static_cast<std::size_t>(state.range(1));
  constexpr SgdOptions options{.momentum = 0.9, .nesterov = true, .weight_decay = 1e-4};
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim), start(nodes, dim), g(nodes, dim);
  fill(x);
  fill(start);
  fill(g, 2);
  const auto sgd = make_optimizer("sgd", {nodes, dim, options});
  sgd->step(x, g, 0.1, pool);
  std::int64_t wrong = 0;
  for (int k = 0; k < nodes; ++k)
    for (std::size_t c = 0; c < dim; ++c) {
      const float d = g.row(k)[c] + 1e-4f * start.row(k)[c];
      wrong += x.row(k)[c] != start.row(k)[c] - 0.1f * (d + 0.9f * d);
    }
  for (auto _ : state) sgd->step(x, g, 1e-9, pool);
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, 5 * bytes, Limit::triad, 3 * bytes, threads);
}
BENCHMARK(step)
    ->Name("sgd_nesterov")
    ->ArgNames({"nodes", "dim", "threads"})
    ->Args({16, 272474, 1})
    ->Args({16, 272474, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Least traffic: x and both moments read and written, g read. Wrong: entries that the first step does not move by the rate against the gradient's sign,
// within the rounding of d (5 operations) and of x - lr d.
void adam(benchmark::State& state) {
  const auto nodes = static_cast<int>(state.range(0)), threads = static_cast<int>(state.range(2));
  const auto dim = static_cast<std::size_t>(state.range(1));
  ThreadPool pool(threads);
  NodeMatrix x(nodes, dim), start(nodes, dim), g(nodes, dim);
  fill(x);
  fill(start);
  fill(g, 2);
  const auto optimizer = make_optimizer("adamw(epsilon = 1e-30)", {nodes, dim});
  optimizer->step(x, g, 0.125, pool);
  std::int64_t wrong = 0;
  for (int k = 0; k < nodes; ++k)
    for (std::size_t c = 0; c < dim; ++c) {
      const float expected = start.row(k)[c] - std::copysign(0.125f, g.row(k)[c]);
      wrong += g.row(k)[c] != 0 && !(std::abs(x.row(k)[c] - expected) <= (0.125f * 6 + std::abs(expected)) * 0x1p-23f);
    }
  for (auto _ : state) optimizer->step(x, g, 1e-9, pool);
  const double bytes = nodes * static_cast<double>(dim) * 4;
  report(state, wrong, 7 * bytes, Limit::triad, 4 * bytes, threads);
}
BENCHMARK(adam)
    ->Name("adamw")
    ->ArgNames({"nodes", "dim", "threads"})
    ->Args({16, 272474, 1})
    ->Args({16, 272474, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xib::micro
