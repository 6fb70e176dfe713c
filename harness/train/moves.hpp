#pragma once

#include "harness/core/space.hpp"
#include "harness/train/directions.hpp"

#include <cstddef>
#include <cstdint>
#include <variant>

namespace xib {

class Device;

// Moves of the algorithms, as plain functors over one parameter: g++ makes loops of them, nvcc makes kernels. A move is called as move(k, x_k, d_k) and may
// change x_k. k is the place of the parameter in the node matrix (all matrices of a run have the same shape), d_k the optimizer's direction. Members are
// plain numbers and addresses, held by value: behind a reference, each float that is written could change them, and the compiler would not vectorize.

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

// Plain move with one rate per node; the rates are `apart` floats from one another.
struct NodeRateMove {
  const float* rates;
  std::size_t apart;
  XB_HD PlainMove of_node(std::int64_t node) const { return {rates[static_cast<std::size_t>(node) * apart]}; }
};

// Move for the parameters of one node of this rank: what the move's of_node() returns, if it has one, else the move itself.
template <class Move>
XB_HD auto of_node(const Move& move, std::int64_t node) {
  if constexpr (requires { move.of_node(node); })
    return move.of_node(node);
  else
    return move;
}

// m̂ after gossip, from the models before the step and after gossip. It is not a move, because it has no direction.
struct QgMomentum {
  float mu, share;
  float* m;
  const float *start, *x;
  XB_HD void operator()(std::int64_t k) const { m[k] = mu * m[k] + share * (start[k] - x[k]); }
};

// List of all moves. Loops and kernels are made for every pair of a direction and a move.
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

// The same on a device for k = 0 .. count - 1 (moves.cu; builds without CUDA have moves_none.cpp). x, g: addresses on the device.
void step_on_device(Device& device, std::int64_t count, std::int64_t stride, float* x, const float* g, const Direction& direction, const Move& move);
void momentum_on_device(Device& device, std::int64_t count, const QgMomentum& momentum);

}  // namespace xib
