#pragma once

#include "tests/mix/worlds.hpp"

#include <cstring>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

// Worlds whose node matrices lie on a device, for the tests that compare it with the host, bit for bit.
namespace xib::test {

// As the node threads of a run, and as kernels: float denormals are zero. For this thread, and those that it starts.
inline void flush_denormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

inline NodeMatrix matrix_of(const Rows& rows, const NodeLayout& layout, Device* device) {
  NodeMatrix x(layout.mine().count, rows.front().size(), device);
  for (int k = 0; k < x.count(); ++k) x.write_row(k, rows[static_cast<std::size_t>(layout.mine().first + k)]);
  return x;
}

inline Rows rows_of(const NodeMatrix& x) {
  Rows rows(static_cast<std::size_t>(x.count()), std::vector<float>(x.dim()));
  for (int k = 0; k < x.count(); ++k) x.read_row(k, rows[static_cast<std::size_t>(k)]);
  return rows;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

inline bool same_bits(const Rows& a, const Rows& b) {
  bool same = a.size() == b.size();
  for (std::size_t k = 0; same && k < a.size(); ++k) same = same_bits(a[k], b[k]);
  return same;
}

// Normal numbers, some of them so small that they, or their products with weights, are denormal; the first two rows alike.
inline Rows rough_rows(int nodes, std::size_t dim, std::uint64_t seed) {
  Rows rows = random_rows(nodes, dim, seed);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t c = i % 5; c < dim; c += 5) rows[i][c] *= c % 2 ? 3e-38f : 1e-39f;
  if (nodes > 1) rows[1] = rows[0];
  return rows;
}

}  // namespace xib::test
