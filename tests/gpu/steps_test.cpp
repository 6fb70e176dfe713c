#include "harness/train/optimizer.hpp"
#include "tests/gpu/gpu_worlds.hpp"

#include <catch2/catch.hpp>

// Every optimizer's and algorithm's step on a device has the bits of the host, for the same input. Whole algorithms: runs_test.py.
using namespace xib;
using namespace xib::test;

namespace {

constexpr SgdOptions kOptions[] = {{}, {.weight_decay = 1e-4}, {.momentum = 0.9}, {.momentum = 0.9, .nesterov = true, .weight_decay = 1e-4}};

// x and the matrices that a move keeps, after three steps along different gradients.
template <class MakeMove>
Rows stepped(Device* device, const Rows& start, SgdOptions options, const MakeMove& make_move) {
  const int n = static_cast<int>(start.size());
  const std::size_t dim = start.front().size();
  const NodeLayout all{n, 1, 0};
  ThreadPool pool(1);
  NodeMatrix x = matrix_of(start, all, device), a = matrix_of(rough_rows(n, dim, 8), all, device), b = matrix_of(rough_rows(n, dim, 9), all, device);
  Sgd sgd(n, dim, options, device);
  for (std::uint64_t t = 0; t < 3; ++t) {
    const NodeMatrix g = matrix_of(rough_rows(n, dim, 20 + t), all, device);
    sgd.move(x, g, pool, make_move(a.data(), b.data()));
    for_each_parameter(x, pool, QgMomentum{0.9f, 0.1f / 0.05f, a.data(), b.data(), x.data()});
  }
  Rows out = rows_of(x);
  for (const NodeMatrix* kept : {&a, &b})
    for (auto& row : rows_of(*kept)) out.push_back(row);
  for (const auto& [name, velocity] : sgd.state())
    for (auto& row : rows_of(*velocity)) out.push_back(row);
  return out;
}

template <class MakeMove>
void compare(const MakeMove& make_move) {
  flush_denormals();
  const auto device = make_cuda_device(0);
  for (const int n : {1, 5})
    for (const std::size_t dim : {std::size_t{1}, std::size_t{70}, std::size_t{40000}})
      for (const auto& options : kOptions) {
        INFO(n << " nodes, " << dim << " parameters, momentum " << options.momentum << ", nesterov " << options.nesterov << ", weight decay "
               << options.weight_decay);
        const Rows start = rough_rows(n, dim, 7);
        const Rows expected = stepped(nullptr, start, options, make_move);
        if (dim > 1) CHECK(expected[0] != start[0]);  // the one parameter is denormal: zero
        CHECK(same_bits(stepped(device.get(), start, options, make_move), expected));
      }
}

}  // namespace

TEST_CASE("SGD") {
  compare([](float*, float*) { return PlainMove{0.05f}; });
}
TEST_CASE("D²") {
  compare([](float* a, float*) { return D2Move{0.05f, a}; });
}
TEST_CASE("gradient tracking") {
  compare([](float* a, float* b) { return TrackingMove{0.05f, a, b}; });
}
TEST_CASE("quasi-global momentum, with and without Nesterov") {
  for (const bool nesterov : {false, true}) compare([=](float* a, float* b) { return QgMove{0.05f, 0.9f, nesterov, a, b}; });
}
