#include "harness/control/gram_rounds.hpp"

#include "harness/mix/four_doubles.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr std::size_t kRows = 2 * kFour;  // together: their numbers of a column are a line of the cache

// out[k] = Σ_j w_ij in[j x stride + k] of a row of W, over a multiple of 8 columns.
void combine(std::span<const Weight> weights, const double* in, std::size_t stride, std::size_t columns, double* out) {
  for (std::size_t k = 0; k < columns; k += kRows) {
    FourDoubles low{}, high{};
    for (const auto& [j, weight] : weights) {
      const double* const from = in + static_cast<std::size_t>(j) * stride + k;
      low += weight * load_four(from), high += weight * load_four(from + kFour);
    }
    store_four(out + k, low), store_four(out + k + kFour, high);
  }
}

// Subtracts the means of rows, and adds the rows to `column_sums`. Four at once, as one add waits for the one before.
void centre_four(double* a, std::size_t stride, std::size_t n, double* column_sums) {
  double *const b = a + stride, *const c = b + stride, *const d = c + stride;
  double sum_a = 0, sum_b = 0, sum_c = 0, sum_d = 0;
  for (std::size_t k = 0; k < n; ++k) sum_a += a[k], sum_b += b[k], sum_c += c[k], sum_d += d[k];
  const auto count = static_cast<double>(n);
  const double mean_a = sum_a / count, mean_b = sum_b / count, mean_c = sum_c / count, mean_d = sum_d / count;
  for (std::size_t k = 0; k < n; ++k) {
    a[k] -= mean_a, b[k] -= mean_b, c[k] -= mean_c, d[k] -= mean_d;
    column_sums[k] = column_sums[k] + a[k] + b[k] + c[k] + d[k];
  }
}
void centre_one(double* row, std::size_t n, double* column_sums) {
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) sum += row[k];
  const double mean = sum / static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) column_sums[k] += row[k] -= mean;
}

}  // namespace

GramRounds::GramRounds(std::span<const double> gram, std::size_t nodes)
    : n_(nodes),
      stride_((nodes + kRows - 1) / kRows * kRows + kRows),
      gram_(nodes * stride_),
      next_(gram_.size()),
      rows_(stride_),
      turned_(stride_ * kRows),
      column_sums_(nodes) {
  for (std::size_t i = 0; i < nodes; ++i) std::ranges::copy(gram.subspan(i * nodes, nodes), gram_.data() + i * stride_);
}

double GramRounds::trace() const {
  double trace = 0;
  for (std::size_t i = 0; i < n_; ++i) trace += gram_[i * (stride_ + 1)];
  return trace;
}

void GramRounds::mix_rows(const MixingMatrix& w, std::size_t begin) {
  for (std::size_t r = 0; r < std::min(kRows, n_ - begin); ++r) {
    combine(w.row(static_cast<int>(begin + r)), gram_.data(), stride_, stride_ - kRows, rows_.data());
    for (std::size_t k = 0; k < n_; ++k) turned_[k * kRows + r] = rows_[k];
  }
  for (std::size_t i = 0; i < n_; ++i) combine(w.row(static_cast<int>(i)), turned_.data(), kRows, kRows, next_.data() + i * stride_ + begin);
}

void GramRounds::centre() {
  std::ranges::fill(column_sums_, 0.0);
  std::size_t i = 0;
  for (; i + 4 <= n_; i += 4) centre_four(gram_.data() + i * stride_, stride_, n_, column_sums_.data());
  for (; i < n_; ++i) centre_one(gram_.data() + i * stride_, n_, column_sums_.data());
  for (double& sum : column_sums_) sum /= static_cast<double>(n_);
  for (i = 0; i < n_; ++i)
    for (std::size_t k = 0; k < n_; ++k) gram_[i * stride_ + k] -= column_sums_[k];
}

void GramRounds::mix(const MixingMatrix& w) {
  for (std::size_t begin = 0; begin < n_; begin += kRows) mix_rows(w, begin);
  gram_.swap(next_);
  centre();
}

}  // namespace xib
