#pragma once

#include "datasets/dataset.hpp"

namespace xib {

// How a training image is changed before use: moved by (dy, dx), what comes in from outside being black, then perhaps mirrored.
// A random crop of size H x W after padding by 4 is a move by -4..4 in both directions.
struct Augmentation {
  int dy = 0, dx = 0;
  bool flip = false;
};
// One per image of the batch of (node, step): a pure function of its arguments (Purpose::augment).
void draw_augmentations(std::uint64_t seed, int node, std::int64_t step, std::span<Augmentation> out);

// Turns bytes into normalised floats, (pixel / 255 - mean) / stddev, by a table of 256 floats per channel.
class BatchWriter {
 public:
  explicit BatchWriter(const Dataset& dataset);
  // Writes image k of `set` to out[0 .. pixels()) channels-last: row by row, pixel by pixel, channel by channel.
  void write(const ImageSet& set, std::int64_t k, float* out) const;
  void write(const ImageSet& set, std::int64_t k, const Augmentation& augmentation, float* out) const;

  std::span<const float> table() const { return table_; }

 private:
  std::vector<float> table_;  // channels x 256
};

}  // namespace xib
