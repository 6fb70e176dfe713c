#pragma once

#include "harness/core/hash.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>

namespace xib {

// Feeds the bits of numbers to a hash, every NaN as one: a NaN has many encodings and one meaning, and which of two an operation keeps depends on the order of
// its operands.
template <std::floating_point T>
void hash_numbers(Sha256& hash, std::span<const T> items) {
  std::array<T, 1024> piece;
  for (; !items.empty(); items = items.subspan(std::min(items.size(), piece.size()))) {
    const std::size_t count = std::min(items.size(), piece.size());
    for (std::size_t i = 0; i < count; ++i) piece[i] = std::isnan(items[i]) ? std::numeric_limits<T>::quiet_NaN() : items[i];
    hash.update(std::as_bytes(std::span<const T>(piece).first(count)));
  }
}

}  // namespace xib
