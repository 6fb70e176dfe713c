#pragma once

#include "harness/core/space.hpp"
#include "harness/train/directions.hpp"

#include <cstddef>
#include <cstdint>
#include <variant>

namespace xib {

class Device;

// What the algorithms do to each parameter, as plain functors: g++ makes loops of them, nvcc kernels. A move is called as
// move(k, x, d) with the parameter's place k among all of the node matrix (all matrices of a run have the same), x_k and the optimizer's direction d_k,
// and may change x. Members are plain numbers and addresses, captured by value: through a reference every number might change with each float
// that is written, and the loops would not be vectorized.

struct PlainMove {
  float rate;
  XB_HD void operator()(std::int64_t, float& x, float d) const { x -= rate * d; }
};

struct D2Move {
  float rate;
  float* stepped;
  XB_HD void operator()(std::int64_t k, float& x, float d) const {
    const float s = x - rate * d;
    x = s + (x - stepped[k]);
    stepped[k] = s;
  }
};

struct TrackingMove {
  float rate;
  float *y, *before;
  XB_HD void operator()(std::int64_t k, float& x, float d) const {
    y[k] += d - before[k];
    before[k] = d;
    x -= rate * y[k];
  }
};

struct QgMove {
  float rate, mu;
  bool nesterov;
  const float* m;
  float* start;
  XB_HD void operator()(std::int64_t k, float& x, float d) const {
    const float v = mu * m[k] + d;
    start[k] = x;
    x -= rate * (nesterov ? d + mu * v : v);
  }
};

// With a rate per node, `apart` floats from one to the next.
struct NodeRateMove {
  const float* rates;
  std::size_t apart;
  XB_HD PlainMove of_node(std::int64_t node) const { return {rates[static_cast<std::size_t>(node) * apart]}; }
};

// What a move does to the parameters of one node (of this rank): a move of its own where of_node() says so.
template <class Move>
XB_HD auto of_node(const Move& move, std::int64_t node) {
  if constexpr (requires { move.of_node(node); })
    return move.of_node(node);
  else
    return move;
}

// m̂ after gossip, from where the step began and where gossip led: no move, it knows no direction.
struct QgMomentum {
  float mu, share;
  float* m;
  const float *start, *x;
  XB_HD void operator()(std::int64_t k) const { m[k] = mu * m[k] + share * (start[k] - x[k]); }
};

// All moves. Every one goes with every direction; the loops and kernels of all pairs are made from these two lists.
using Move = std::variant<PlainMove, D2Move, TrackingMove, QgMove, NodeRateMove>;

// One parameter of a step; rows are `stride` parameters apart.
template <class Direction, class Move>
struct StepElement {
  float* x;
  const float* g;
  std::int64_t stride;
  Direction direction;
  Move move;
  XB_HD void operator()(std::int64_t k) const { of_node(move, k / stride)(k, x[k], direction(k, x[k], g[k])); }
};

// On a device, for k = 0 .. count - 1, in moves.cu; builds without CUDA have moves_none.cpp. x, g: addresses.
void step_on_device(Device& device, std::int64_t count, std::int64_t stride, float* x, const float* g, const Direction& direction, const Move& move);
void momentum_on_device(Device& device, std::int64_t count, const QgMomentum& momentum);

}  // namespace xib
