#include "harness/core/check.hpp"
#include "tests/gpu/gpu_worlds.hpp"

#include <catch2/catch.hpp>

using namespace xib;
using namespace xib::test;

TEST_CASE("a matrix on a device begins with zeros, keeps its rows, and says where it is") {
  const auto device = make_cuda_device(0);
  const NodeLayout all{3, 1, 0};
  NodeMatrix x(3, 37, device.get());
  CHECK(x.space() == Space::device);
  CHECK(rows_of(x) == Rows(3, std::vector<float>(37, 0.0f)));

  const Rows rows = random_rows(3, 37, 1);
  NodeMatrix y = matrix_of(rows, all, device.get());
  CHECK(rows_of(y) == rows);
  x.copy_row(2, y, 1);
  CHECK(rows_of(x)[2] == rows[1]);
  std::vector<float> column(3);
  y.read_column(5, column);
  CHECK(column == std::vector<float>{rows[0][5], rows[1][5], rows[2][5]});
  CHECK(NodeMatrix(1, 1).space() == Space::host);
}

TEST_CASE("a loop on the host that asks for a row on a device is told so, with the device's name") {
  const auto device = make_cuda_device(0);
  NodeMatrix x(2, 5, device.get());
  CHECK_THROWS_WITH(x.row(0), Catch::Contains("row that is on cuda:0"));
  CHECK_THROWS_WITH(std::as_const(x).row(1), Catch::Contains("row that is on cuda:0"));
}

TEST_CASE("more memory than there is: how much was asked for, how much is free, and what to do") {
  const auto device = make_cuda_device(0);
  CHECK_THROWS_WITH(NodeMatrix(1 << 20, std::size_t{1} << 20, device.get()), Catch::Contains("cuda:0 has no memory for 4096.00 GiB more") &&
                                                                                 Catch::Contains("GiB are free") &&
                                                                                 Catch::Contains("xibench plan --device cuda"));
  NodeMatrix after(2, 5, device.get());  // the failure is not told again
  CHECK(rows_of(after) == Rows(2, std::vector<float>(5, 0.0f)));
}

TEST_CASE("a GPU that is not there is refused") { CHECK_THROWS_WITH(make_cuda_device(1000), Catch::Contains("invalid device ordinal")); }
