#include "harness/mix/tile.hpp"

#include "harness/mix/four_doubles.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr std::size_t kLanes = 2 * kFour;  // of a sum over columns
constexpr std::size_t kLine = 16;          // floats
constexpr std::size_t kRowsInCache = 8;    // whose deviations stay in an L1 while others meet them

// Same as load_four(), for numbers that are used twice, because GCC 12 would read memory twice.
FourDoubles load_once(const double* from) {
  FourDoubles four = load_four(from);
#ifdef __x86_64__
  asm("" : "+x"(four));
#endif
  return four;
}

double sum_lanes(FourDoubles low, FourDoubles high) {
  const FourDoubles four = low + high;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

std::size_t whole_lanes(std::size_t width) { return (width + kLanes - 1) / kLanes * kLanes; }

// The last columns of a tile, less than 8, followed by zeros.
struct Rest {
  double values[kLanes] = {};
  Rest(const float* from, const double* means, std::size_t count) {
    for (std::size_t c = 0; c < count; ++c) values[c] = from[c] - means[c];
  }
};

// Two rows at once: one add waits for the one before.
void two_distances(const float* a, const float* b, const double* means, const Tile& tile, double& out_a, double& out_b) {
  const std::size_t width = tile.width;
  FourDoubles low_a{}, high_a{}, low_b{}, high_b{};
  std::size_t c = 0;
  for (; c + kLanes <= width; c += kLanes) {
    const FourDoubles low = load_four(means + c), high = load_four(means + c + 4);
    const FourDoubles d_0 = load_four(a + c) - low, d_1 = load_four(a + c + 4) - high, e_0 = load_four(b + c) - low, e_1 = load_four(b + c + 4) - high;
    low_a = multiplier_sum(d_0 * d_0, low_a), high_a = multiplier_sum(d_1 * d_1, high_a);
    low_b = multiplier_sum(e_0 * e_0, low_b), high_b = multiplier_sum(e_1 * e_1, high_b);
    if (c % kLine == 0 && c >= tile.ahead_of_mean && c < tile.ahead) {
      __builtin_prefetch(a + width + c, 0, 1);
      __builtin_prefetch(b + width + c, 0, 1);
    }
  }
  if (c < width) {
    const Rest d(a + c, means + c, width - c), e(b + c, means + c, width - c);
    const FourDoubles d_0 = load_four(d.values), d_1 = load_four(d.values + 4), e_0 = load_four(e.values), e_1 = load_four(e.values + 4);
    low_a += d_0 * d_0, high_a += d_1 * d_1, low_b += e_0 * e_0, high_b += e_1 * e_1;
  }
  out_a = sum_lanes(low_a, high_a);
  out_b = sum_lanes(low_b, high_b);
}

// Products of two rows with two rows; every number that is loaded is used twice.
struct Products {
  double aa, ab, ba, bb;
};
Products two_by_two(const double* first_a, const double* first_b, const double* second_a, const double* second_b, std::size_t width) {
  FourDoubles aa_0{}, aa_1{}, ab_0{}, ab_1{}, ba_0{}, ba_1{}, bb_0{}, bb_1{};
  for (std::size_t c = 0; c < width; c += kLanes) {
    const FourDoubles a_0 = load_once(first_a + c), b_0 = load_once(first_b + c), x_0 = load_once(second_a + c), y_0 = load_once(second_b + c);
    aa_0 += a_0 * x_0, ab_0 += a_0 * y_0, ba_0 += b_0 * x_0, bb_0 += b_0 * y_0;
    const FourDoubles a_1 = load_once(first_a + c + 4), b_1 = load_once(first_b + c + 4), x_1 = load_once(second_a + c + 4), y_1 = load_once(second_b + c + 4);
    aa_1 += a_1 * x_1, ab_1 += a_1 * y_1, ba_1 += b_1 * x_1, bb_1 += b_1 * y_1;
  }
  return {sum_lanes(aa_0, aa_1), sum_lanes(ab_0, ab_1), sum_lanes(ba_0, ba_1), sum_lanes(bb_0, bb_1)};
}

}  // namespace

void tile_mean(const Tile& tile, double* means) {
  const auto n = static_cast<double>(tile.rows.size());
  std::size_t c = 0;
  for (; c + 4 * kLanes <= tile.width; c += 4 * kLanes) {
    FourDoubles s_0{}, s_1{}, s_2{}, s_3{}, s_4{}, s_5{}, s_6{}, s_7{};
    for (const float* row : tile.rows) {
      const float* const from = row + tile.at + c;
      if (c < tile.ahead_of_mean) {
        __builtin_prefetch(from + tile.width, 0, 1);
        __builtin_prefetch(from + tile.width + kLine, 0, 1);
      }
      s_0 += load_four(from), s_1 += load_four(from + 4), s_2 += load_four(from + 8), s_3 += load_four(from + 12);
      s_4 += load_four(from + 16), s_5 += load_four(from + 20), s_6 += load_four(from + 24), s_7 += load_four(from + 28);
    }
    double* const to = means + c;
    store_four(to, s_0 / n), store_four(to + 4, s_1 / n), store_four(to + 8, s_2 / n), store_four(to + 12, s_3 / n);
    store_four(to + 16, s_4 / n), store_four(to + 20, s_5 / n), store_four(to + 24, s_6 / n), store_four(to + 28, s_7 / n);
  }
  if (c == tile.width) return;
  double sums[4 * kLanes] = {};
  const std::size_t rest = tile.width - c;
  for (const float* row : tile.rows)
    for (std::size_t k = 0; k < rest; ++k) sums[k] += row[tile.at + c + k];
  for (std::size_t k = 0; k < whole_lanes(rest); ++k) means[c + k] = k < rest ? sums[k] / n : 0.0;
}

namespace {

// One half of the lanes of the sums over a tile of few rows, whose numbers are read once and stay in registers. 1/n is exact, so a product has the bits of the
// quotient, and division takes longer.
template <std::size_t kRows>
struct FewRows {
  static_assert(kRows == 2 || kRows == 4);
  FourDoubles distance[kRows], norm{};
  FewRows() {
    for (FourDoubles& sum : distance) sum = FourDoubles{};  // a loop, because GCC 12 clears an array in memory
  }
  void add(const FourDoubles (&x)[kRows]) {
    constexpr double kShare = 1.0 / kRows;
    FourDoubles sum = x[0];  // a zero begins with its sign, which the squares take away
    for (std::size_t i = 1; i < kRows; ++i) sum += x[i];
    const FourDoubles mean = sum * kShare;
    norm = multiplier_sum(mean * mean, norm);
    for (std::size_t i = 0; i < kRows; ++i) distance[i] = multiplier_sum((x[i] - mean) * (x[i] - mean), distance[i]);
  }
  void add_columns(const float* const (&rows)[kRows], std::size_t at) {
    FourDoubles x[kRows];
    for (std::size_t i = 0; i < kRows; ++i) x[i] = load_four(rows[i] + at);
    add(x);
  }
  void add_rest(const float* const (&rows)[kRows], std::size_t at, std::size_t width) {  // less than four columns, followed by zeros
    FourDoubles x[kRows];
    for (std::size_t i = 0; i < kRows; ++i)
      for (std::size_t k = 0; k < kFour; ++k) x[i][k] = at + k < width ? rows[i][at + k] : 0.0F;
    add(x);
  }
};

template <std::size_t kRows>
void few_rows(const Tile& tile, double* out) {
  const float* rows[kRows];
  for (std::size_t i = 0; i < kRows; ++i) rows[i] = tile.rows[i] + tile.at;
  const std::size_t whole = tile.width / kLanes * kLanes;
  const auto fetch = [&](std::size_t c) {
    if (c % kLine == 0 && c < tile.ahead)
      for (const float* row : rows) __builtin_prefetch(row + tile.width + c, 0, 1);
  };
  FewRows<kRows> low, high;
  if constexpr (kRows == 2) {  // both halves in one loop, as one addition waits for the one before
    for (std::size_t c = 0; c < whole; c += kLanes) low.add_columns(rows, c), high.add_columns(rows, c + kFour), fetch(c);
  } else {  // the sums of one half fill the registers
    for (std::size_t c = 0; c < whole; c += kLanes) low.add_columns(rows, c), fetch(c);
    for (std::size_t c = 0; c < whole; c += kLanes) high.add_columns(rows, c + kFour);
  }
  if (whole < tile.width) low.add_rest(rows, whole, tile.width), high.add_rest(rows, whole + kFour, tile.width);
  for (std::size_t i = 0; i < kRows; ++i) out[i] += sum_lanes(low.distance[i], high.distance[i]);
  out[kRows] += sum_lanes(low.norm, high.norm);
}

}  // namespace

void tile_moments(const Tile& tile, double* means, double* out) {
  const std::size_t n = tile.rows.size();
  if (n == 2) return few_rows<2>(tile, out);
  if (n == 4) return few_rows<4>(tile, out);
  tile_mean(tile, means);
  tile_distances(tile, means, out);
  out[n] += tile_norm(means, tile.width);
}

void tile_distances(const Tile& tile, const double* means, double* out) {
  const std::size_t n = tile.rows.size();
  for (std::size_t i = 0; i < n; i += 2) {
    const bool alone = i + 1 == n;
    double first = 0, second = 0;
    two_distances(tile.rows[i] + tile.at, tile.rows[alone ? i : i + 1] + tile.at, means, tile, first, second);
    out[i] += first;
    if (!alone) out[i + 1] += second;
  }
}

void tile_deviations(const Tile& tile, const double* means, double* deviations) {
  for (const float* row : tile.rows) {
    const float* const from = row + tile.at;
    std::size_t c = 0;
    for (; c + 4 <= tile.width; c += 4) store_four(deviations + c, load_four(from + c) - load_four(means + c));
    for (; c < whole_lanes(tile.width); ++c) deviations[c] = c < tile.width ? from[c] - means[c] : 0.0;
    deviations += kTile;
  }
}

void tile_gram(const double* deviations, std::size_t n, std::size_t width, double* pairs) {
  const auto row = [&](std::size_t i) { return deviations + std::min(i, n - 1) * kTile; };
  const auto add = [&](std::size_t i, std::size_t j, double product) {
    if (i < n && j <= i) pairs[i * (i + 1) / 2 + j] += product;
  };
  const std::size_t whole = whole_lanes(width);
  for (std::size_t begin = 0; begin < n; begin += kRowsInCache) {
    const std::size_t end = std::min(begin + kRowsInCache, n);
    for (std::size_t j = 0; j < end; j += 2)
      for (std::size_t i = std::max(begin, j); i < end; i += 2) {
        const Products p = two_by_two(row(i), row(i + 1), row(j), row(j + 1), whole);
        add(i, j, p.aa), add(i, j + 1, p.ab), add(i + 1, j, p.ba), add(i + 1, j + 1, p.bb);
      }
  }
}

double tile_norm(const double* a, std::size_t width) {
  FourDoubles low{}, high{};
  for (std::size_t c = 0; c < whole_lanes(width); c += kLanes) {
    const FourDoubles a_0 = load_four(a + c), a_1 = load_four(a + c + 4);
    low += a_0 * a_0, high += a_1 * a_1;
  }
  return sum_lanes(low, high);
}

}  // namespace xib
