#include "harness/core/random.hpp"

#include "benchmarks/micro/machine.hpp"
#include "datasets/partition.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace xib::micro {
namespace {

// Philox4x32-10 as the paper defines it (Salmon et al., SC 2011), in 64-bit arithmetic.
std::array<std::uint32_t, 4> by_definition(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0], b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k[1],
         static_cast<std::uint32_t>(a)};
    k = {k[0] + 0x9E3779B9, k[1] + 0xBB67AE85};
  }
  return c;
}

// Blocks of counters in a row, written to memory. Wrong: blocks that differ from the definition.
void philox_blocks(benchmark::State& state) {
  const auto blocks = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::array<std::uint32_t, 4>> out(blocks);
  std::int64_t wrong = 0;
  for (std::uint32_t k = 0; k < blocks; ++k) wrong += philox({k, 1, 2, 3}, {4, 5}) != by_definition({k, 1, 2, 3}, {4, 5});
  for (auto _ : state) {
    for (std::uint32_t k = 0; k < blocks; ++k) out[k] = philox({k, 1, 2, 3}, {4, 5});
    benchmark::ClobberMemory();
  }
  report(state, wrong, 16.0 * blocks, Limit::write, 16.0 * blocks, 1);
}
BENCHMARK(philox_blocks)->ArgName("blocks")->Arg(1 << 16)->Unit(benchmark::kMillisecond);

// A stream's numbers, one call each. Wrong: a stream that is begun again gives others; a mean of 2^20 uniform numbers that is off by 10 standard errors.
void stream_numbers(benchmark::State& state) {
  constexpr int kCount = 1 << 20;
  RandomStream stream(1, Purpose::problem), again(1, Purpose::problem);
  std::vector<std::uint32_t> out(kCount);
  std::int64_t wrong = 0;
  double sum = 0;
  for (auto& number : out) number = stream(), wrong += number != again(), sum += number;
  wrong += !(std::abs(sum / kCount / 0x1p32 - 0.5) < 10 / std::sqrt(12.0 * kCount));
  for (auto _ : state) {
    for (auto& number : out) number = stream();
    benchmark::ClobberMemory();
  }
  report(state, wrong, 4.0 * kCount, Limit::write, 4.0 * kCount, 1);
}
BENCHMARK(stream_numbers)->Unit(benchmark::kMillisecond);

// Who gets which of 60,000 images of ten classes. Wrong: images that are not on exactly one node. Limit: the indices written once.
void partition(benchmark::State& state, const char* name) {
  std::vector<std::int32_t> labels(60000);
  RandomStream stream(1, Purpose::synthetic_data);
  for (auto& label : labels) label = static_cast<std::int32_t>(stream.below(10));
  const Term term = Term::parse(name);
  const PartitionProblem problem{.labels = labels, .classes = 10, .nodes = static_cast<int>(state.range(0)), .seed = 1};
  std::vector<int> owners(labels.size(), 0);
  for (const auto& shard : make_partition(term, problem))
    for (const auto image : shard) ++owners[static_cast<std::size_t>(image)];
  const auto wrong = std::ranges::count_if(owners, [](int count) { return count != 1; });
  for (auto _ : state) benchmark::DoNotOptimize(make_partition(term, problem));
  report(state, wrong, 4.0 * static_cast<double>(labels.size()), Limit::write, 4.0 * static_cast<double>(labels.size()), 1);
}
BENCHMARK_CAPTURE(partition, iid_fixed, "iid-fixed")->ArgName("nodes")->Arg(32)->Arg(512)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(partition, dirichlet, "dirichlet(1)")->ArgName("nodes")->Arg(32)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xib::micro
