#pragma once

#include "harness/mix/gossip_row.hpp"

#include <cstddef>
#include <span>

#ifdef __FMA__
#include <immintrin.h>
#endif

namespace xib {

// Sums and differences by the multipliers, which a loop of additions leaves idle on many processors: 1·a ± b is rounded once, so the bits are those of an
// addition.
#ifdef __FMA__
inline constexpr GossipLanes kOnes = {1, 1, 1, 1, 1, 1, 1, 1};
inline GossipLanes multiplier_sum(GossipLanes a, GossipLanes b) { return _mm256_fmadd_ps(a, kOnes, b); }
inline GossipLanes multiplier_difference(GossipLanes a, GossipLanes b) { return _mm256_fnmadd_ps(b, kOnes, a); }
#else
inline GossipLanes multiplier_sum(GossipLanes a, GossipLanes b) { return a + b; }
inline GossipLanes multiplier_difference(GossipLanes a, GossipLanes b) { return a - b; }
#endif

// Sixteen columns of a row: a cache line.
struct RingLanes {
  GossipLanes a, b;
};
inline RingLanes load_ring(const float* from) { return {load_lanes(from), load_lanes(from + kGossipLanes)}; }
// The step along an edge, as its first row takes it; that of the other row is its negative.
inline RingLanes ring_step(float weight, const RingLanes& from, const RingLanes& to) { return {weight * (to.a - from.a), weight * (to.b - from.b)}; }
// own + sum, half of it by the multipliers.
inline void store_ring(float* to, const RingLanes& own, const RingLanes& sum) {
  store_lanes(to, multiplier_sum(sum.a, own.a));
  store_lanes(to + kGossipLanes, own.b + sum.b);
}

// One round of a ring of at least three rows, over kWidth columns. weights[i], γ included: of the edge between rows i and i + 1, in both directions; the last
// is that between the last row and the first. Row i goes to out + i out_stride, which may be row i itself. The `ahead` columns behind these are asked for
// meanwhile, to L2. The bits are those of gossip_row(), though the step along an edge is computed once: w (a - b) is -w (b - a) but for the sign of 0, and the
// 0 that every sum begins with takes that away.
template <std::size_t kWidth>
void gossip_ring(const float* const* rows, std::size_t at, std::span<const float> weights, float* out, std::size_t out_stride, std::size_t ahead) {
  static_assert(kWidth % (2 * kGossipLanes) == 0);
  const GossipLanes zero{};
  const std::size_t last = weights.size() - 1;
  // Of a row whose neighbors are the rows before and after it.
  const auto inner = [&](const RingLanes& before, const RingLanes& own, const RingLanes& after, float* to) {
    store_ring(to, own, {multiplier_difference(zero, before.a) + after.a, multiplier_difference(zero, before.b) + after.b});
  };
  for (std::size_t c = 0; c < kWidth; c += 2 * kGossipLanes) {
    if (c < ahead)
      for (std::size_t i = 0; i <= last; ++i) __builtin_prefetch(rows[i] + at + kWidth + c, 1, 1);
    const RingLanes first = load_ring(rows[0] + at + c), end = load_ring(rows[last] + at + c), closing = ring_step(weights[last], end, first);
    float* to = out + c;
    RingLanes row = load_ring(rows[1] + at + c), before = ring_step(weights[0], first, row);
    store_ring(to, first, {multiplier_sum(before.a, zero) - closing.a, multiplier_sum(before.b, zero) - closing.b});
    to += out_stride;
    std::size_t i = 1;
    for (; i + 1 < last; i += 2, to += 2 * out_stride) {  // two at a time, so that no register is copied
      const RingLanes next = load_ring(rows[i + 1] + at + c), after = ring_step(weights[i], row, next);
      inner(before, row, after, to);
      row = load_ring(rows[i + 2] + at + c), before = ring_step(weights[i + 1], next, row);
      inner(after, next, before, to + out_stride);
    }
    if (i < last) {
      const RingLanes after = ring_step(weights[i], row, end);
      inner(before, row, after, to);
      before = after, to += out_stride;
    }
    store_ring(to, end, {multiplier_sum(closing.a, zero) - before.a, multiplier_sum(closing.b, zero) - before.b});
  }
}

}  // namespace xib
