#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace xib {

// k columns from `at` on that go to k buckets in order, rotated: column at + c to bucket (c + rotation) mod k.
struct SketchRun {
  std::size_t at, rotation;
  const std::uint32_t* flips;  // by bucket: the sign bit of a float, set for -1
};

// sums[b] += signed columns of `row`, run after run in every bucket; columns from dim on are none. `row` is a row of a NodeMatrix, as up to three floats after
// it are read. `next`, or null: the row that comes next, which is fetched meanwhile.
void add_runs(const float* row, const float* next, std::size_t dim, std::size_t buckets, std::span<const SketchRun> runs, double* sums);

}  // namespace xib
