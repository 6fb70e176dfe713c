#include "datasets/dataset.hpp"
#include "harness/core/hash.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

using namespace xib;

TEST_CASE("Fashion-MNIST is the published set") {
  const auto term = Term::parse("fashion-mnist");
  const auto& info = dataset_info(term, "test");
  if (!std::filesystem::exists(info.default_directory)) {
    WARN("skipped: " << info.remedy);
    return;
  }
  auto set = load_dataset(term, "");

  CHECK(set.train.size() == 60000);
  CHECK(set.test.size() == 10000);
  CHECK(set.train.shape == ImageShape{1, 28, 28});
  for (int c = 0; c < 10; ++c) {
    CHECK(std::count(set.train.labels.begin(), set.train.labels.end(), c) == 6000);
    CHECK(std::count(set.test.labels.begin(), set.test.labels.end(), c) == 1000);
  }
  CHECK(std::vector<std::int32_t>(set.train.labels.begin(), set.train.labels.begin() + 10) == std::vector<std::int32_t>{9, 0, 0, 3, 0, 2, 7, 2, 5, 5});
  // Mean and deviation of the training pixels, in units of 255, as published: 0.2860, 0.3530.
  double sum = 0, square = 0;
  for (const double v : set.train.pixels) sum += v, square += v * v;
  const double count = static_cast<double>(set.train.pixels.size()), mean = sum / count / 255;
  CHECK(mean == Approx(static_cast<double>(set.mean[0])).margin(5e-5));
  CHECK(std::sqrt(square / count / 65025 - mean * mean) == Approx(static_cast<double>(set.stddev[0])).margin(5e-5));
  // Of the pixels, unpacked: packages compress the files anew, so the files' own sums differ from the published ones.
  const auto digest = [](const std::vector<std::uint8_t>& pixels) {
    return sha256(std::string_view(reinterpret_cast<const char*>(pixels.data()), pixels.size()));
  };
  CHECK(digest(set.train.pixels) == "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012");
  CHECK(digest(set.test.pixels) == "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a");
  REQUIRE(set.checksums.size() == 4);
  for (const auto& [name, checksum] : set.checksums) CHECK(checksum == sha256_file((std::filesystem::path(info.default_directory) / name).string()));

  set.train.truncate(100);
  CHECK(set.train.size() == 100);
  CHECK(set.train.pixels.size() == 100 * 784);
}
