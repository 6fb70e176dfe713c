#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace xib {

// The columns (parameters) cut into a number of slices that depends on nodes and dim only, never on ranks or threads: a sum that is
// taken slice by slice, then over slices in order, has the same bits however the slices are spread. There are
//   count = min(64, 2^22/n², ⌈dim/16⌉), and at least 1,
// and none is empty unless dim is 0: what is sent of every slice is sent of columns.
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
