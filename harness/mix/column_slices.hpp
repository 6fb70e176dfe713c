#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace xib {

// Slices of the columns (parameters). Their number depends only on nodes and dim, never on ranks or threads, so a sum that is taken slice by slice, then over
// slices in order, has the same bits for every distribution of the slices. There are
//   count = min(64, 2^22/n², ⌈dim/16⌉), and at least 1,
// and none is empty unless dim is 0, because numbers are sent for every slice.
struct ColumnSlices {
  std::size_t dim;
  int count;
  ColumnSlices(int nodes, std::size_t columns)
      : dim(columns),
        count(static_cast<int>(std::max<std::size_t>(1, std::min({(std::size_t{1} << 22) / square(nodes), std::size_t{64}, (columns + 15) / 16})))) {}
  // Slices begin at multiples of 16 floats, so that rows stay aligned.
  std::size_t begin(int slice) const { return std::min(dim, (dim * static_cast<std::size_t>(slice) / static_cast<std::size_t>(count) + 15) / 16 * 16); }
  std::size_t end(int slice) const { return slice + 1 == count ? dim : begin(slice + 1); }

 private:
  static std::size_t square(int nodes) { return static_cast<std::size_t>(nodes) * static_cast<std::size_t>(nodes); }
};

}  // namespace xib
