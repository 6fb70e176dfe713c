#include "datasets/batch.hpp"

#include "harness/core/random.hpp"

#include <cstddef>

namespace xib {

void draw_augmentations(std::uint64_t seed, int node, std::int64_t step, std::span<Augmentation> out) {
  RandomStream random(seed, Purpose::augment, static_cast<std::uint32_t>(node), 0, static_cast<std::uint32_t>(step));
  for (auto& a : out) {
    a.dy = static_cast<int>(random.below(9)) - 4;
    a.dx = static_cast<int>(random.below(9)) - 4;
    a.flip = random.below(2) == 1;
  }
}

BatchWriter::BatchWriter(const Dataset& dataset) {
  for (std::size_t c = 0; c < dataset.mean.size(); ++c)
    for (int byte = 0; byte < 256; ++byte) table_.push_back((static_cast<float>(byte) / 255.0f - dataset.mean[c]) / dataset.stddev[c]);
}

void BatchWriter::write(const ImageSet& set, std::int64_t k, float* out) const {
  const auto image = set.image(k);
  const auto channels = static_cast<std::size_t>(set.shape.channels), area = image.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const float* table = table_.data() + 256 * c;
    const std::uint8_t* plane = image.data() + c * area;
    for (std::size_t p = 0; p < area; ++p) out[p * channels + c] = table[plane[p]];
  }
}

void BatchWriter::write(const ImageSet& set, std::int64_t k, const Augmentation& a, float* out) const {
  const auto image = set.image(k);
  const int channels = set.shape.channels, height = set.shape.height, width = set.shape.width;
  for (int c = 0; c < channels; ++c) {
    const float* table = table_.data() + std::ptrdiff_t{256} * c;
    const std::uint8_t* plane = image.data() + static_cast<std::size_t>(c) * static_cast<std::size_t>(height * width);
    float* to = out + c;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x, to += channels) {
        const int from_y = y + a.dy, from_x = (a.flip ? width - 1 - x : x) + a.dx;
        const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
        *to = table[inside ? plane[from_y * width + from_x] : 0];
      }
  }
}

}  // namespace xib
