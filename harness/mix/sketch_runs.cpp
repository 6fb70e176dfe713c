#include "harness/mix/sketch_runs.hpp"

#include "harness/mix/four_doubles.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace xib {
namespace {

constexpr std::size_t kBlock = 4 * kFour;  // buckets
typedef std::int64_t Bits __attribute__((vector_size(kFour * sizeof(double))));

FourDoubles flipped(FourDoubles four, const std::uint64_t* flips) {
  Bits bits;
  std::memcpy(&bits, flips, sizeof(bits));
  return (FourDoubles)((Bits)four ^ bits);
}
// Of buckets b .. b + 4: from `low` those before the rotation.
FourDoubles joined(std::size_t b, std::size_t rotation, const float* low, const float* high) {
  const auto first = static_cast<std::int64_t>(b), begin = static_cast<std::int64_t>(rotation);
  const Bits bucket = {first, first + 1, first + 2, first + 3};
  return bucket < begin ? load_four(low) : load_four(high);
}

// Buckets begin .. end, one by one.
void add_one_by_one(const float* row, std::size_t dim, std::size_t buckets, const SketchRun& run, std::size_t begin, std::size_t end, double* sums) {
  for (std::size_t b = begin; b < end; ++b) {
    const std::size_t column = run.at + (b < run.rotation ? b + buckets : b) - run.rotation;
    if (column < dim) sums[b] += std::bit_cast<double>(std::bit_cast<std::uint64_t>(static_cast<double>(row[column])) ^ run.flips[b]);
  }
}

}  // namespace

void add_runs(const float* row, const float* next, std::size_t dim, std::size_t buckets, std::span<const SketchRun> runs, double* sums) {
  const std::size_t whole = buckets / kBlock * kBlock;
  // The first run has nothing before it to read, the last one may end early.
  const auto alone = [&](const SketchRun& run) { return run.at == 0 || run.at + buckets > dim; };
  const bool first = !runs.empty() && alone(runs.front()), last = runs.size() > (first ? 1U : 0U) && alone(runs.back());
  if (first) add_one_by_one(row, dim, buckets, runs.front(), 0, buckets, sums);
  const auto inner = runs.subspan(first ? 1 : 0, runs.size() - (first ? 1U : 0U) - (last ? 1U : 0U));
  for (std::size_t b = 0; b < whole; b += kBlock) {
    FourDoubles s_0 = load_four(sums + b), s_1 = load_four(sums + b + 4), s_2 = load_four(sums + b + 8), s_3 = load_four(sums + b + 12);
    for (const SketchRun& run : inner) {
      const std::uint64_t* const flips = run.flips + b;
      const float* const high = row + run.at + b - run.rotation;
      const float* const low = high + buckets;
      if (b < run.rotation && run.rotation < b + kBlock) {
        s_0 += flipped(joined(b, run.rotation, low, high), flips), s_1 += flipped(joined(b + 4, run.rotation, low + 4, high + 4), flips + 4);
        s_2 += flipped(joined(b + 8, run.rotation, low + 8, high + 8), flips + 8),
            s_3 += flipped(joined(b + 12, run.rotation, low + 12, high + 12), flips + 12);
        continue;
      }
      const float* const from = b < run.rotation ? low : high;
      if (next) __builtin_prefetch(from + (next - row));
      s_0 += flipped(load_four(from), flips), s_1 += flipped(load_four(from + 4), flips + 4);
      s_2 += flipped(load_four(from + 8), flips + 8), s_3 += flipped(load_four(from + 12), flips + 12);
    }
    store_four(sums + b, s_0), store_four(sums + b + 4, s_1), store_four(sums + b + 8, s_2), store_four(sums + b + 12, s_3);
  }
  for (const SketchRun& run : inner) add_one_by_one(row, dim, buckets, run, whole, buckets, sums);
  if (last) add_one_by_one(row, dim, buckets, runs.back(), 0, buckets, sums);
}

}  // namespace xib
