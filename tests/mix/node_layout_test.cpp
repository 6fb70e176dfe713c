#include "harness/mix/node_layout.hpp"
#include "harness/mix/column_slices.hpp"
#include "harness/mix/node_matrix.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

using namespace xib;

TEST_CASE("blocks cover all nodes in order, differ by at most one, and owner() agrees with them") {
  for (int nodes = 1; nodes <= 20; ++nodes)
    for (int ranks = 1; ranks <= nodes; ++ranks) {
      const NodeLayout layout{nodes, ranks, 0};
      int next = 0;
      for (int r = 0; r < ranks; ++r) {
        const auto [first, count] = layout.block(r);
        CHECK(first == next);
        CHECK((count == nodes / ranks || count == nodes / ranks + 1));
        for (int i = first; i < first + count; ++i) CHECK(layout.owner(i) == r);
        next = first + count;
      }
      CHECK(next == nodes);
    }
}

TEST_CASE("rows begin at multiples of 64 bytes and are zero with their padding") {
  const NodeMatrix x(3, 17);
  CHECK(x.stride() == 32);
  for (int k = 0; k < 3; ++k) CHECK(reinterpret_cast<std::uintptr_t>(x.row(k).data()) % 64 == 0);
  for (std::size_t k = 0; k < 3 * 32; ++k) CHECK(x.data()[k] == 0);
}

TEST_CASE("column slices cover all columns once, in order, at multiples of 16") {
  for (const int nodes : {1, 16, 300, 3000})
    for (const std::size_t dim : {0, 1, 15, 16, 17, 19, 100, 1000, 1023, 1024, 1025, 1041, 272474}) {
      const ColumnSlices slices(nodes, dim);
      CHECK(slices.begin(0) == 0);
      for (int s = 0; s + 1 < slices.count; ++s) {
        CHECK(slices.begin(s) < slices.end(s));
        CHECK(slices.end(s) == slices.begin(s + 1));
        CHECK((slices.end(s) % 16 == 0 || slices.end(s) == dim));
      }
      CHECK((slices.begin(slices.count - 1) < dim || dim == 0));
      CHECK(slices.end(slices.count - 1) == dim);
    }
}

TEST_CASE("slices with columns are those that 64 slices had, so that sums over them keep their bits") {
  for (std::size_t dim = 1; dim < 3000; ++dim) {
    std::vector<std::size_t> begins, expected;
    const ColumnSlices slices(8, dim);
    for (int s = 0; s < slices.count; ++s) begins.push_back(slices.begin(s));
    const auto begin = [&](std::size_t slice) { return slice == 64 ? dim : std::min(dim, (dim * slice / 64 + 15) / 16 * 16); };
    for (std::size_t s = 0; s < 64; ++s)
      if (begin(s) < begin(s + 1)) expected.push_back(begin(s));
    CHECK(begins == expected);
  }
}
