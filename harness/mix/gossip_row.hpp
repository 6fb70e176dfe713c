#pragma once

#include "harness/mix/device.hpp"

#include <cstddef>
#include <cstring>
#include <span>

namespace xib {

// Eight columns in a register, with the element-wise arithmetic of a loop.
inline constexpr std::size_t kGossipLanes = 8;
typedef float GossipLanes __attribute__((vector_size(kGossipLanes * sizeof(float))));

inline GossipLanes load_lanes(const float* from) {
  GossipLanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}
inline void store_lanes(float* to, GossipLanes lanes) { std::memcpy(to, &lanes, sizeof(lanes)); }

// Computes out = own + Σ_terms weight γ (other - own) over `width` columns, a multiple of 8; other is sources[source] + at. With kKeepSum the Σ also goes to
// `sum`. kTerms, kWidth: numbers known at compile time, else 0. Each sum is a named variable in one register, because GCC 12 keeps an array of them in memory
// and waits for its own stores.
template <std::size_t kTerms, std::size_t kWidth, bool kKeepSum>
inline void gossip_row(const float* own, const float* const* sources, std::size_t at, std::span<const MixTerm> terms, float strength, float* out,
                       std::size_t width, float* sum) {
  const std::size_t count = kTerms > 0 ? kTerms : terms.size(), columns = kWidth > 0 ? kWidth : width;
  std::size_t c = 0;
  for (; c + 4 * kGossipLanes <= columns; c += 4 * kGossipLanes) {
    const GossipLanes own_0 = load_lanes(own + c), own_1 = load_lanes(own + c + 8), own_2 = load_lanes(own + c + 16), own_3 = load_lanes(own + c + 24);
    GossipLanes sum_0{}, sum_1{}, sum_2{}, sum_3{};
    for (std::size_t k = 0; k < count; ++k) {
      const float w = terms[k].weight * strength;
      const float* const other = sources[terms[k].source] + at + c;
      sum_0 += w * (load_lanes(other) - own_0);
      sum_1 += w * (load_lanes(other + 8) - own_1);
      sum_2 += w * (load_lanes(other + 16) - own_2);
      sum_3 += w * (load_lanes(other + 24) - own_3);
    }
    store_lanes(out + c, own_0 + sum_0), store_lanes(out + c + 8, own_1 + sum_1);
    store_lanes(out + c + 16, own_2 + sum_2), store_lanes(out + c + 24, own_3 + sum_3);
    if constexpr (kKeepSum) store_lanes(sum + c, sum_0), store_lanes(sum + c + 8, sum_1), store_lanes(sum + c + 16, sum_2), store_lanes(sum + c + 24, sum_3);
  }
  for (; c < columns; c += kGossipLanes) {
    const GossipLanes mine = load_lanes(own + c);
    GossipLanes total{};
    for (std::size_t k = 0; k < count; ++k) total += terms[k].weight * strength * (load_lanes(sources[terms[k].source] + at + c) - mine);
    store_lanes(out + c, mine + total);
    if constexpr (kKeepSum) store_lanes(sum + c, total);
  }
}

}  // namespace xib
