#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace xib {

// The columns (parameters) cut into a number of slices that depends on nodes and dim only, never on ranks or threads: a sum that is
// taken slice by slice, then over slices in order, has the same bits however the slices are spread.
struct ColumnSlices {
  std::size_t dim;
  int count;
  ColumnSlices(int nodes, std::size_t columns)
      : dim(columns), count(static_cast<int>(std::clamp<std::int64_t>((std::int64_t{1} << 22) / (std::int64_t{nodes} * nodes), 1, 64))) {}
  // Slices begin at multiples of 16 floats, so that rows stay aligned.
  std::size_t begin(int slice) const {
    return std::min(dim, (dim * static_cast<std::size_t>(slice) / static_cast<std::size_t>(count) + 15) / 16 * 16);
  }
  std::size_t end(int slice) const { return slice + 1 == count ? dim : begin(slice + 1); }
};

}  // namespace xib
