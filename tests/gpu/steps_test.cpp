#include "harness/train/optimizer.hpp"
#include "tests/gpu/gpu_worlds.hpp"

#include <catch2/catch.hpp>

// Every optimizer's and algorithm's step on a device has the bits of the host, for the same input. Whole algorithms: runs_test.py.
using namespace xib;
using namespace xib::test;

namespace {

struct Case {
  const char* text;
  SgdOptions options;
};
const Case kCases[] = {{"sgd", {}},
                       {"sgd", {.weight_decay = 1e-4}},
                       {"sgd", {.momentum = 0.9}},
                       {"sgd", {.momentum = 0.9, .nesterov = true, .weight_decay = 1e-4}},
                       {"adam", {.weight_decay = 1e-4}},
                       {"adamw(0.8, 0.95, epsilon = 1e-6)", {.weight_decay = 1e-2}}};

// x and the matrices that a move keeps, after three steps along different gradients.
template <class MakeMove>
Rows stepped(Device* device, const Rows& start, const Case& c, const MakeMove& make_move) {
  const int n = static_cast<int>(start.size());
  const std::size_t dim = start.front().size();
  const NodeLayout all{n, 1, 0};
  ThreadPool pool(1);
  NodeMatrix x = matrix_of(start, all, device), a = matrix_of(rough_rows(n, dim, 8), all, device), b = matrix_of(rough_rows(n, dim, 9), all, device);
  const auto optimizer = make_optimizer(c.text, {n, dim, c.options, device});
  for (std::uint64_t t = 0; t < 3; ++t) {
    const NodeMatrix g = matrix_of(rough_rows(n, dim, 20 + t), all, device);
    optimizer->move(x, g, pool, make_move(a.data(), b.data()));
    apply(x, pool, QgMomentum{0.9f, 0.1f / 0.05f, a.data(), b.data(), x.data()});
  }
  Rows out = rows_of(x);
  for (const NodeMatrix* kept : {&a, &b})
    for (auto& row : rows_of(*kept)) out.push_back(row);
  for (const auto& kept : optimizer->state().rows)
    for (auto& row : rows_of(*kept.matrix)) out.push_back(row);
  return out;
}

template <class MakeMove>
void compare(const MakeMove& make_move) {
  flush_denormals();
  const auto device = make_cuda_device(0);
  for (const int n : {1, 5})
    for (const std::size_t dim : {std::size_t{1}, std::size_t{70}, std::size_t{40000}})
      for (const auto& c : kCases) {
        INFO(n << " nodes, " << dim << " parameters, " << c.text << ", momentum " << c.options.momentum << ", nesterov " << c.options.nesterov
               << ", weight decay " << c.options.weight_decay);
        const Rows start = rough_rows(n, dim, 7);
        const Rows expected = stepped(nullptr, start, c, make_move);
        if (dim > 1) CHECK(expected[0] != start[0]);  // the one parameter is denormal: zero
        for (const auto& row : expected) CHECK(std::ranges::all_of(row, [](float value) { return std::isfinite(value); }));
        CHECK(same_bits(stepped(device.get(), start, c, make_move), expected));
      }
}

}  // namespace

TEST_CASE("plain steps") {
  compare([](float*, float*) { return PlainMove{0.05f}; });
}
TEST_CASE("a rate per node") {
  compare([](float* a, float*) { return NodeRateMove{a + 1, 3}; });  // floats of the first row, which begins with a denormal
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
