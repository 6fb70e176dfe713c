#include "harness/mix/sketch_runs.hpp"

#include "harness/mix/four_doubles.hpp"

#include <bit>
#include <cstring>

namespace xib {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line
typedef float FourFloats __attribute__((vector_size(kFour * sizeof(float))));
typedef std::int32_t FourSigns __attribute__((vector_size(kFour * sizeof(float))));

template <class Four, class T>
Four load_as(const T* from) {
  Four four;
  std::memcpy(&four, from, sizeof(four));
  return four;
}

// Flipped before they become doubles, which have the same sign: half as many bits to load.
FourDoubles flipped(FourFloats four, const std::uint32_t* flips) {
  const auto signs = (FourFloats)((FourSigns)four ^ load_as<FourSigns>(flips));
#ifdef __FMA__
  return _mm256_cvtps_pd(signs);
#else
  return FourDoubles{signs[0], signs[1], signs[2], signs[3]};
#endif
}
void add_four(FourFloats four, const std::uint32_t* flips, double* sums) { store_four(sums, load_four(sums) + flipped(four, flips)); }

// Buckets begin .. end, one by one.
void add_one_by_one(const float* row, std::size_t dim, std::size_t buckets, const SketchRun& run, std::size_t begin, std::size_t end, double* sums) {
  for (std::size_t b = begin; b < end; ++b) {
    const std::size_t column = run.at + (b < run.rotation ? b + buckets : b) - run.rotation;
    if (column < dim) sums[b] += static_cast<double>(std::bit_cast<float>(std::bit_cast<std::uint32_t>(row[column]) ^ run.flips[b]));
  }
}

// Buckets begin .. end, both multiples of four; that of bucket b is column from[b].
void add_stretch(const float* from, const std::uint32_t* flips, std::size_t begin, std::size_t end, double* sums) {
  for (std::size_t b = begin; b < end; b += kFour) add_four(load_as<FourFloats>(from + b), flips + b, sums + b);
}

// A run inside the row: the buckets before the rotation have its last columns, the others its first.
void add_run(const float* row, const float* next, std::size_t buckets, const SketchRun& run, double* sums) {
  const std::size_t whole = buckets / kFour * kFour, split = run.rotation / kFour * kFour;
  const float* const high = row + run.at - run.rotation;
  const float* const low = high + buckets;
  for (std::size_t c = 0; next && c < buckets; c += kLine) __builtin_prefetch(next + run.at + c, 0, 2);  // to L2, where more lines can be on their way
  add_stretch(low, run.flips, 0, split, sums);
  std::size_t rest = split;
  if (split < run.rotation && split < whole) {  // four buckets of which some have the last columns
    const auto begin = static_cast<std::int32_t>(run.rotation - split);
    const FourFloats both = FourSigns{0, 1, 2, 3} < begin ? load_as<FourFloats>(low + split) : load_as<FourFloats>(high + split);
    add_four(both, run.flips + split, sums + split);
    rest += kFour;
  }
  add_stretch(high, run.flips, rest, whole, sums);
}

}  // namespace

void add_runs(const float* row, const float* next, std::size_t dim, std::size_t buckets, std::span<const SketchRun> runs, double* sums) {
  const std::size_t whole = buckets / kFour * kFour;
  for (const SketchRun& run : runs) {
    const bool inside = run.at > 0 && run.at + buckets <= dim;  // the first run has nothing before it to read, the last one may end early
    if (inside) add_run(row, next, buckets, run, sums);
    add_one_by_one(row, dim, buckets, run, inside ? whole : 0, buckets, sums);
  }
}

}  // namespace xib
