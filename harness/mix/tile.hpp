#pragma once

#include <cstddef>
#include <span>

namespace xib {

// Functions that sum over a tile, up to 256 columns of the rows of all nodes, for NodeStatistics. Sums over nodes run in ascending order, sums over columns in
// 8 fixed lanes, as in kernels.hpp. Numbers stay in registers, and the bits are those of plain loops.
inline constexpr std::size_t kTile = 256;

// Tile: columns at .. at + width of all rows. The `ahead` columns after it will be read next, and are fetched meanwhile: the first of them by tile_mean(), the
// rest by tile_distances(), so that memory rests in neither; all of them by tile_moments() where it reads a tile once.
struct Tile {
  std::span<const float* const> rows;
  std::size_t at, width, ahead, ahead_of_mean;
};

// means[c] of the rows; zero from width on, up to the next multiple of 8.
void tile_mean(const Tile& tile, double* means);
// out[i] += ‖row i - means‖².
void tile_distances(const Tile& tile, const double* means, double* out);
// out[i] += ‖row i - mean‖², out[n] += ‖mean‖²; `means` is scratch memory of 256 numbers. The bits are those of the two above and tile_norm().
void tile_moments(const Tile& tile, double* means, double* out);
// deviations[i x 256 + c] = row i - means; zero from width on, up to the next multiple of 8.
void tile_deviations(const Tile& tile, const double* means, double* deviations);
// pairs[i (i + 1) / 2 + j] += <deviations i, deviations j> for j <= i < n.
void tile_gram(const double* deviations, std::size_t n, std::size_t width, double* pairs);
// ‖a‖² of `width` numbers, zero up to the next multiple of 8.
double tile_norm(const double* a, std::size_t width);

}  // namespace xib
