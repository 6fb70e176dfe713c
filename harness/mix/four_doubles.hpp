#pragma once

#include <cstddef>
#include <cstring>

#ifdef __FMA__
#include <immintrin.h>
#endif

namespace xib {

// Four doubles in a register, with the element-wise arithmetic of a loop.
inline constexpr std::size_t kFour = 4;
typedef double FourDoubles __attribute__((vector_size(kFour * sizeof(double))));

inline FourDoubles load_four(const double* from) {
  FourDoubles four;
  std::memcpy(&four, from, sizeof(four));
  return four;
}
inline FourDoubles load_four(const float* from) {
  return FourDoubles{from[0], from[1], from[2], from[3]};
}  // one instruction; __builtin_convertvector takes four
// a + b by the multipliers, which a loop of additions leaves idle on many processors: 1·a + b is rounded once, so the bits are those of an addition.
#ifdef __FMA__
inline FourDoubles multiplier_sum(FourDoubles a, FourDoubles b) { return _mm256_fmadd_pd(a, FourDoubles{1, 1, 1, 1}, b); }
#else
inline FourDoubles multiplier_sum(FourDoubles a, FourDoubles b) { return a + b; }
#endif
inline void store_four(double* to, FourDoubles four) { std::memcpy(to, &four, sizeof(four)); }

}  // namespace xib
