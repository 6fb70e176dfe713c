#pragma once

#include "harness/core/space.hpp"
#include "harness/mix/device.hpp"

#include <cstddef>
#include <cstdint>

// Work of a device for mix/, one index at a time. No index depends on another, so any order gives the same bits. Every sum has the order of the host's loop
// (mixer.cpp, moments.cpp, sketch.cpp) and so its bits. Compiled without contraction to FMA and with float denormals flushed, as on the node threads. Members
// are plain numbers and addresses.
namespace xib::kernels {

inline constexpr std::size_t kTile = 256, kLanes = 8, kBlock = 64;  // of moments.cpp and mixer.cpp

// Sum of 8 lanes in the order of the host.
XB_HD inline double sum_lanes(const double* l, std::size_t step) {
  return ((l[0] + l[4 * step]) + (l[2 * step] + l[6 * step])) + ((l[step] + l[5 * step]) + (l[3 * step] + l[7 * step]));
}

struct Round {
  const int* first;  // count + 1: index of the first term of each row
  const MixTerm* terms;
};

// One column in `rounds` gossip rounds: x_i += Σ w_ij γ (x_j - x_i). The column of all rows is in the thread's scratch, so memory is read and written once for
// any number of rounds.
struct MixColumn {
  using Scratch = float;
  float* x;
  const float* halo;
  std::size_t stride;
  int count, halo_count, rounds;  // several rounds only without halo
  float strength;
  const Round* plan;
  float* moved;  // receives the changes of the first round, count x stride; null: not wanted

  std::size_t scratch_bytes() const { return sizeof(float) * static_cast<std::size_t>((rounds > 1 ? 2 : 1) * count + halo_count); }
  XB_HD void operator()(std::int64_t column, float* scratch, std::size_t step) const {
    const auto at = [&](int row) { return static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(column); };
    for (int i = 0; i < count; ++i) scratch[static_cast<std::size_t>(i) * step] = x[at(i)];
    for (int h = 0; h < halo_count; ++h) scratch[static_cast<std::size_t>(count + h) * step] = halo[at(h)];
    float *now = scratch, *next = rounds > 1 ? scratch + static_cast<std::size_t>(count) * step : scratch;
    for (int q = 0; q < rounds; ++q) {
      const Round round = plan[q];
      for (int i = 0; i < count; ++i) {
        const float own = now[static_cast<std::size_t>(i) * step];
        float sum = 0;
        for (int t = round.first[i]; t < round.first[i + 1]; ++t) {
          const float w = round.terms[t].weight * strength;
          sum += w * (now[static_cast<std::size_t>(round.terms[t].source) * step] - own);  // the halo follows the rows
        }
        if (moved && q == 0) moved[at(i)] = sum;
        if (q + 1 == rounds)
          x[at(i)] = own + sum;
        else
          next[static_cast<std::size_t>(i) * step] = own + sum;
      }
      float* const other = now;
      now = next;
      next = other;
    }
  }
};

// ‖·‖² of a block of 64 columns of a row: out[row x blocks + block].
struct BlockNorm {
  const float* x;
  std::size_t stride, dim, blocks;
  double* out;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t row = static_cast<std::size_t>(index) / blocks, begin = static_cast<std::size_t>(index) % blocks * kBlock;
    double lanes[kLanes] = {};
    for (std::size_t k = 0; k < kBlock && begin + k < dim; ++k) {
      const double value = x[row * stride + begin + k];
      lanes[k % kLanes] += value * value;
    }
    out[index] = sum_lanes(lanes, 1);
  }
};

// out[row] = Σ of a row's numbers, in order.
struct SumRow {
  const double* numbers;
  std::size_t count;
  double* out;
  XB_HD void operator()(std::int64_t row) const {
    const double* const mine = numbers + static_cast<std::size_t>(row) * count;
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) sum += mine[k];
    out[row] = sum;
  }
};

// Lane l of ‖row‖²: out[row x 8 + l] = Σ_k x². Columns come one after the other, eight apart, as dot() takes them.
struct NormLane {
  const float* x;
  std::size_t stride, dim;
  double* out;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t row = static_cast<std::size_t>(index) / kLanes;
    const float* const values = x + row * stride;
    double sum = 0;
    for (std::size_t k = static_cast<std::size_t>(index) % kLanes; k < dim; k += kLanes) sum += static_cast<double>(values[k]) * values[k];
    out[index] = sum;
  }
};

struct FoldLanes {
  const double* lanes;
  double* out;
  XB_HD void operator()(std::int64_t row) const { out[row] = sum_lanes(lanes + static_cast<std::size_t>(row) * kLanes, 1); }
};

// Slices of columns, and the tiles of 256 columns that each is cut into.
struct Tiles {
  const std::size_t* bounds;  // slices + 1: columns
  const std::int64_t* first;  // slices + 1: tiles
  int slices;
  XB_HD int slice_of(std::int64_t tile) const {
    int low = 0, high = slices - 1;  // the last slice that begins at or before the tile, and is not empty
    while (low < high) {
      const int middle = (low + high + 1) / 2;
      if (first[middle] <= tile)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }
};

// Lane l of a tile: Σ_k (x_i - mean)² over columns 8k + l for every i, and the mean's own square. out[((tile - begin) x (n + 1) + i) x 8 + l].
struct TileLane {
  using Scratch = double;
  const float* const* rows;  // n
  int n;
  Tiles tiles;
  std::int64_t begin;  // the first tile of this launch
  double* out;

  std::size_t scratch_bytes() const { return sizeof(double) * static_cast<std::size_t>(n + 1); }
  XB_HD void operator()(std::int64_t index, double* sums, std::size_t step) const {
    const std::int64_t tile = begin + index / static_cast<std::int64_t>(kLanes);
    const std::size_t lane = static_cast<std::size_t>(index) % kLanes;
    const int slice = tiles.slice_of(tile);
    const std::size_t at = tiles.bounds[slice] + static_cast<std::size_t>(tile - tiles.first[slice]) * kTile, end = tiles.bounds[slice + 1];
    for (int i = 0; i <= n; ++i) sums[static_cast<std::size_t>(i) * step] = 0;
    for (std::size_t k = lane; k < kTile && at + k < end; k += kLanes) {  // beyond the end the host adds +0.0
      double mean = 0;
      for (int i = 0; i < n; ++i) mean += rows[i][at + k];
      mean /= n;
      for (int i = 0; i < n; ++i) {
        const double d = rows[i][at + k] - mean;
        sums[static_cast<std::size_t>(i) * step] += d * d;
      }
      sums[static_cast<std::size_t>(n) * step] += mean * mean;
    }
    double* const mine = out + static_cast<std::size_t>(tile - begin) * static_cast<std::size_t>(n + 1) * kLanes + lane;
    for (int i = 0; i <= n; ++i) mine[static_cast<std::size_t>(i) * kLanes] = sums[static_cast<std::size_t>(i) * step];
  }
};

// Deviations of all nodes in a column of a tile, and the mean, node by node: out[((tile - begin) x 256 + column) x (n + 1) + i]; zero beyond the slice.
struct Deviate {
  const float* const* rows;
  int n;
  Tiles tiles;
  std::int64_t begin;
  double* out;
  XB_HD void operator()(std::int64_t index) const {
    const std::int64_t tile = begin + index / static_cast<std::int64_t>(kTile);
    const int slice = tiles.slice_of(tile);
    const std::size_t column = tiles.bounds[slice] + static_cast<std::size_t>(tile - tiles.first[slice]) * kTile + static_cast<std::size_t>(index) % kTile;
    double* const mine = out + static_cast<std::size_t>(index) * static_cast<std::size_t>(n + 1);
    const bool is_there = column < tiles.bounds[slice + 1];
    double mean = 0;
    for (int i = 0; is_there && i < n; ++i) mean += rows[i][column];
    if (is_there) mean /= n;
    for (int i = 0; i < n; ++i) mine[i] = is_there ? rows[i][column] - mean : 0.0;
    mine[n] = mean;
  }
};

// Products of a tile: number k < n is (i, i), n is the mean's, then the pairs j <= i in order. out[(tile - begin) x numbers + k].
struct TileDot {
  const double* deviations;
  int n;
  double* out;
  XB_HD void operator()(std::int64_t index) const {
    const std::int64_t numbers = std::int64_t{n} + 1 + std::int64_t{n} * (n + 1) / 2, number = index % numbers;
    std::int64_t i = number, j = number;
    if (number > n) {
      i = 0;
      j = number - n - 1;
      for (; j > i; ++i) j -= i + 1;
    }
    const double* const tile = deviations + static_cast<std::size_t>(index / numbers) * kTile * static_cast<std::size_t>(n + 1);
    double lanes[kLanes] = {};
    for (std::size_t k = 0; k < kTile; k += kLanes)
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double* const column = tile + (k + l) * static_cast<std::size_t>(n + 1);
        lanes[l] += column[i] * column[j];
      }
    out[index] = sum_lanes(lanes, 1);
  }
};

// numbers[slice x width + k] += Σ of the slice's tiles in begin .. end, in order. lanes 8: of each tile's lanes first; 1: the tile's number itself.
struct SumTiles {
  const double* of_tiles;  // tile by tile: width numbers of `lanes` each
  std::size_t width, lanes;
  Tiles tiles;
  std::int64_t begin, end;
  double* numbers;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t slice = static_cast<std::size_t>(index) / width, k = static_cast<std::size_t>(index) % width;
    const std::int64_t from = tiles.first[slice] > begin ? tiles.first[slice] : begin, to = tiles.first[slice + 1] < end ? tiles.first[slice + 1] : end;
    double sum = numbers[index];
    for (std::int64_t tile = from; tile < to; ++tile) {
      const double* const mine = of_tiles + (static_cast<std::size_t>(tile - begin) * width + k) * lanes;
      sum += lanes == 1 ? *mine : sum_lanes(mine, 1);
    }
    numbers[index] = sum;
  }
};

struct MeanColumn {
  const float* const* rows;
  int n;
  std::size_t begin;
  float* mean;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t c = begin + static_cast<std::size_t>(index);
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += rows[i][c];
    mean[c] = static_cast<float>(sum / n);
  }
};

struct FillRows {
  float* x;
  std::size_t stride, dim;
  const float* row;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t k = static_cast<std::size_t>(index) / dim, c = static_cast<std::size_t>(index) % dim;
    x[k * stride + c] = row[c];
  }
};

// One bucket of one row over the runs of one slice.
struct SketchBucket {
  const float* x;
  std::size_t stride, dim, count, buckets;
  const std::size_t* first_run;
  const std::uint32_t *signs, *rotation;
  double* parts;
  XB_HD void operator()(std::int64_t index) const {
    const std::size_t bucket = static_cast<std::size_t>(index) % buckets, row = static_cast<std::size_t>(index) / buckets % count,
                      slice = static_cast<std::size_t>(index) / buckets / count, words = (buckets + 31) / 32;
    double sum = 0;
    for (std::size_t run = first_run[slice]; run < first_run[slice + 1]; ++run) {
      const std::size_t c = (bucket + buckets - rotation[run]) % buckets, column = run * buckets + c;
      if (column >= dim) continue;
      const float sign = signs[run * words + c / 32] >> (c % 32) & 1 ? 1.0f : -1.0f;
      sum += static_cast<double>(sign * x[row * stride + column]);
    }
    parts[index] = sum;
  }
};

}  // namespace xib::kernels
