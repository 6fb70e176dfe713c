#include "benchmarks/micro/machine.hpp"

#include "harness/core/random.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <tuple>
#include <vector>

#ifdef XB_WITH_OPENBLAS
extern "C" {
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*, const double*, const int*, const double*, const int*, const double*,
            double*, const int*);
void openblas_set_num_threads(int);
}
#endif

namespace xib::micro {
namespace {

constexpr int kRepetitions = 9;
constexpr std::size_t kPiece = 1 << 16;  // floats
typedef float Floats __attribute__((vector_size(32)));

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double best_of(const std::function<void()>& body) {
  body();  // touches the pages
  double best = std::numeric_limits<double>::infinity();
  for (int k = 0; k < kRepetitions; ++k) {
    const double begin = seconds();
    body();
    best = std::min(best, seconds() - begin);
  }
  return best;
}

float sum_of(const float* from, std::size_t count) {
  Floats sums[8] = {};
  std::size_t k = 0;
  for (; k + 64 <= count; k += 64)
    for (std::size_t s = 0; s < 8; ++s) {
      Floats eight;
      std::memcpy(&eight, from + k + 8 * s, sizeof(eight));
      sums[s] += eight;
    }
  float sum = 0;
  for (const Floats& eight : sums)
    for (std::size_t l = 0; l < 8; ++l) sum += eight[l];
  for (; k < count; ++k) sum += from[k];
  return sum;
}

double measure(Limit limit, std::size_t floats, int threads) {
  const std::size_t arrays = limit == Limit::triad ? 3 : 1, each = floats / arrays;
  std::vector<std::vector<float>> memory(arrays, std::vector<float>(each, 1.0f));
  ThreadPool pool(threads);
  const double took = best_of([&] {
    pool.for_each(static_cast<std::int64_t>((each + kPiece - 1) / kPiece), [&](std::int64_t piece, int) {
      const std::size_t begin = static_cast<std::size_t>(piece) * kPiece, count = std::min(kPiece, each - begin);
      float* const a = memory[0].data() + begin;
      if (limit == Limit::read) benchmark::DoNotOptimize(sum_of(a, count));
      if (limit == Limit::write) std::fill_n(a, count, 2.0f);
      if (limit != Limit::triad) return;
      const float *const b = memory[1].data() + begin, *const c = memory[2].data() + begin;
      for (std::size_t k = 0; k < count; ++k) a[k] = b[k] + 3.0f * c[k];
    });
    benchmark::ClobberMemory();
  });
  return static_cast<double>(arrays * each * sizeof(float)) / took;
}

const char* name_of(Limit limit) { return limit == Limit::triad ? "of_triad" : limit == Limit::read ? "of_read" : "of_write"; }

}  // namespace

void fill(NodeMatrix& x, std::uint64_t seed) {
  for (int k = 0; k < x.count(); ++k) {
    RandomStream stream(seed, Purpose::problem, static_cast<std::uint32_t>(k));
    for (auto& value : x.row(k)) value = static_cast<float>(stream.normal());
  }
}

double bandwidth(Limit limit, double bytes, int threads) {
  static std::map<std::tuple<Limit, std::size_t, int>, double> known;
  const std::size_t floats = std::max<std::size_t>(static_cast<std::size_t>(bytes / sizeof(float)), 3);
  const auto [at, fresh] = known.try_emplace({limit, floats, threads}, 0.0);
  if (fresh) at->second = measure(limit, floats, threads);
  return at->second;
}

double dgemm([[maybe_unused]] int threads) {
#ifdef XB_WITH_OPENBLAS
  static std::map<int, double> known;
  const auto [at, fresh] = known.try_emplace(threads, 0.0);
  if (!fresh) return at->second;
  constexpr int n = 768;
  std::vector<double> a(n * n, 1.0), b(n * n, 0.5), c(n * n);
  const double one = 1, zero = 0;
  openblas_set_num_threads(threads);
  return at->second = 2.0 * n * n * n / best_of([&] { dgemm_("N", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n); });
#else
  return std::numeric_limits<double>::quiet_NaN();
#endif
}

void report(benchmark::State& state, std::int64_t wrong, double bytes_per_iteration, Limit limit, double memory, int threads) {
  using benchmark::Counter;
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["bytes/s"] = Counter(bytes_per_iteration, Counter::kIsIterationInvariantRate);
  state.counters[name_of(limit)] = Counter(bytes_per_iteration / bandwidth(limit, memory, threads), Counter::kIsIterationInvariantRate);
}

void report_operations(benchmark::State& state, double operations_per_iteration, int threads) {
  using benchmark::Counter;
  const double limit = dgemm(threads);
  if (!std::isnan(limit)) state.counters["of_dgemm"] = Counter(operations_per_iteration / limit, Counter::kIsIterationInvariantRate);
}

}  // namespace xib::micro
