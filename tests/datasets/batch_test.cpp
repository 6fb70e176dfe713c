#include "datasets/batch.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

using namespace xib;

namespace {

// One image of 2 channels, 2 rows, 3 columns, normalised so that byte b becomes 2b - 2 (mean 1/255, deviation 1/510), exactly enough.
Dataset tiny() {
  Dataset d;
  d.train.shape = {2, 2, 3};
  d.train.pixels = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
  d.train.labels = {0};
  d.mean = {1.0f / 255, 1.0f / 255};
  d.stddev = {1.0f / 510, 1.0f / 510};
  return d;
}

std::vector<int> bytes(const std::vector<float>& values) {
  std::vector<int> out;
  for (const float v : values) out.push_back(static_cast<int>(std::lround(v / 2 + 1)));
  return out;
}

std::vector<int> moved(const Augmentation& a) {
  const auto set = tiny();
  std::vector<float> out(12);
  BatchWriter(set).write(set.train, 0, a, out.data());
  return bytes(out);
}

}  // namespace

TEST_CASE("a batch is written channels-last and normalised") {
  const auto set = tiny();
  std::vector<float> out(12);
  BatchWriter(set).write(set.train, 0, out.data());
  CHECK(bytes(out) == std::vector<int>{1, 11, 2, 12, 3, 13, 4, 14, 5, 15, 6, 16});
  CHECK(out[1] == Approx(20).epsilon(1e-5));  // floats
  CHECK(moved({}) == bytes(out));
}

TEST_CASE("augmentation moves, fills with black, and mirrors") {
  CHECK(moved({.dy = 1}) == std::vector<int>{4, 14, 5, 15, 6, 16, 0, 0, 0, 0, 0, 0});
  CHECK(moved({.dx = -1}) == std::vector<int>{0, 0, 1, 11, 2, 12, 0, 0, 4, 14, 5, 15});
  CHECK(moved({.flip = true}) == std::vector<int>{3, 13, 2, 12, 1, 11, 6, 16, 5, 15, 4, 14});
  CHECK(moved({.dx = 1, .flip = true}) == std::vector<int>{0, 0, 3, 13, 2, 12, 0, 0, 6, 16, 5, 15});
  CHECK(moved({.dy = -4}) == std::vector<int>(12, 0));
}

TEST_CASE("augmentations are a function of seed, node and step, and use all positions") {
  std::vector<Augmentation> a(2000), b(2000);
  const auto key = [](const std::vector<Augmentation>& v) {
    std::vector<int> out;
    for (const auto& x : v) out.push_back((x.dy + 4) * 18 + (x.dx + 4) * 2 + x.flip);
    return out;
  };
  draw_augmentations(1, 2, 3, a);
  draw_augmentations(1, 2, 3, b);
  CHECK(key(a) == key(b));
  const auto seen = key(a);
  CHECK(std::set(seen.begin(), seen.end()).size() == 162);  // 9 x 9 x 2; one is missed by 2000 draws with probability 162 e^-12
  draw_augmentations(1, 2, 4, b);
  CHECK(key(a) != key(b));
  draw_augmentations(1, 3, 3, b);
  CHECK(key(a) != key(b));
}
