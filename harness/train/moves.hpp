#pragma once

#include "harness/core/space.hpp"

#include <cstdint>

namespace xib {

class Device;

// What the optimizer and the algorithms do to each parameter, as plain functors: g++ makes loops of them, nvcc kernels. A Move is called as
// move(k, x, d) with the parameter's place k among all of the node matrix (all matrices of a run have the same), x_k and the direction d_k, and
// may change x. Members are plain numbers and addresses, captured by value: through a reference every number might change with each float
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

// m̂ after gossip, from where the step began and where gossip led.
struct QgMomentum {
  float mu, share;
  float* m;
  const float *start, *x;
  XB_HD void operator()(std::int64_t k) const { m[k] = mu * m[k] + share * (start[k] - x[k]); }
};

// The optimizer's step as Sgd::move() has it on the host, for a device.
template <class Move>
struct SgdElement {
  float* x;
  const float* g;
  float* v;  // null: no momentum
  float mu, lambda;
  bool nesterov;
  Move move;
  XB_HD void operator()(std::int64_t k) const {
    const float d = g[k] + lambda * x[k];
    float direction = d;
    if (v) {
      v[k] = mu * v[k] + d;
      direction = nesterov ? d + mu * v[k] : v[k];
    }
    move(k, x[k], direction);
  }
};

// step(k) for k = 0 .. count - 1 on the device: moves.cu has one line per functor that is used; builds without CUDA have moves_none.cpp.
template <class Step>
void each_on_device(Device& device, std::int64_t count, const Step& step);

}  // namespace xib
