#include "harness/graph/fourier.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace xib {
namespace {

// Calls visit(axis, coordinate) for each coordinate of a node.
template <class Visit>
void coordinates(int node, const GroupShape& shape, Visit visit) {
  for (std::size_t axis = shape.size(); axis-- > 0; node /= shape[axis]) visit(axis, node % shape[axis]);
}

int translated(int node, int by, const GroupShape& shape) {
  int sum = 0, stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const int m = shape[axis];
    sum += (node % m + by % m) % m * stride;
    stride *= m;
    node /= m;
    by /= m;
  }
  return sum;
}

bool invariant(const MixingMatrix& w, const GroupShape& shape) {
  for (int i = 1; i < w.size(); ++i) {
    if (w.row(i).size() != w.row(0).size()) return false;
    for (const auto& [j, value] : w.row(0))
      if (w.at(i, translated(j, i, shape)) != value) return false;
  }
  return true;
}

std::vector<GroupShape> shapes_of(int n) {
  std::vector<GroupShape> shapes{{n}};
  for (int rows = 2; rows <= n / 2; ++rows)
    if (n % rows == 0) shapes.push_back({rows, n / rows});
  if (n > 4 && std::has_single_bit(static_cast<unsigned>(n))) shapes.emplace_back(std::countr_zero(static_cast<unsigned>(n)), 2);
  return shapes;
}

}  // namespace

std::optional<GroupShape> translation_group(std::span<const MixingMatrix> matrices) {
  for (const auto& shape : shapes_of(matrices.front().size()))
    if (std::all_of(matrices.begin(), matrices.end(), [&](const MixingMatrix& w) { return invariant(w, shape); })) return shape;
  return std::nullopt;
}

std::vector<std::complex<double>> fourier_eigenvalues(const MixingMatrix& w, const GroupShape& shape) {
  std::vector<std::complex<double>> values;
  values.reserve(static_cast<std::size_t>(w.size()));
  std::vector<int> frequency(shape.size());
  for (int f = 0; f < w.size(); ++f) {
    coordinates(f, shape, [&](std::size_t axis, int c) { frequency[axis] = c; });
    std::complex<double> sum = 0;
    for (const auto& [j, value] : w.row(0)) {
      double turns = 0;  // each term reduced to [0, 1) in integers, so that large n loses no digits
      coordinates(j, shape, [&](std::size_t axis, int c) {
        const std::int64_t m = shape[axis];
        turns += static_cast<double>(static_cast<std::int64_t>(frequency[axis]) * c % m) / static_cast<double>(m);
      });
      sum += value * std::polar(1.0, 2 * std::numbers::pi * turns);
    }
    values.push_back(sum);
  }
  return values;
}

}  // namespace xib
