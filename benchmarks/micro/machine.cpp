#include "benchmarks/micro/machine.hpp"

#include "harness/core/random.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <tuple>

namespace xib::micro {
namespace {

constexpr int kRepetitions = 9;
constexpr std::size_t kPiece = 1 << 16;  // floats

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

void fill(NodeMatrix& x, std::uint64_t seed) {
  for (int k = 0; k < x.count(); ++k) {
    RandomStream stream(seed, Purpose::problem, static_cast<std::uint32_t>(k));
    for (auto& value : x.row(k)) value = static_cast<float>(stream.normal());
  }
}

double memcpy_bandwidth(int nodes, std::size_t dim, int threads) {
  static std::map<std::tuple<int, std::size_t, int>, double> known;
  const auto [at, fresh] = known.try_emplace({nodes, dim, threads}, 0.0);
  if (!fresh) return at->second;
  NodeMatrix from(nodes, dim), to(nodes, dim);
  ThreadPool pool(threads);
  const std::size_t floats = static_cast<std::size_t>(nodes) * from.stride(), pieces = (floats + kPiece - 1) / kPiece;
  double best = 1e300;
  for (int k = 0; k < kRepetitions; ++k) {  // the first touches the pages
    const double begin = seconds();
    pool.for_each(static_cast<std::int64_t>(pieces), [&](std::int64_t piece, int) {
      const std::size_t begin_at = static_cast<std::size_t>(piece) * kPiece;
      std::memcpy(to.data() + begin_at, from.data() + begin_at, std::min(kPiece, floats - begin_at) * sizeof(float));
    });
    best = std::min(best, seconds() - begin);
  }
  benchmark::DoNotOptimize(to.data());
  return at->second = 2 * static_cast<double>(floats) * sizeof(float) / best;
}

void report(benchmark::State& state, std::int64_t wrong, double bytes_per_iteration, double roofline) {
  using benchmark::Counter;
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["bytes/s"] = Counter(bytes_per_iteration, Counter::kIsIterationInvariantRate);
  state.counters["of_memcpy"] = Counter(bytes_per_iteration / roofline, Counter::kIsIterationInvariantRate);
}

}  // namespace xib::micro
