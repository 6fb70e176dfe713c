#include "harness/task/torch_images.hpp"

#include "harness/core/term.hpp"

#include <catch2/catch.hpp>

using namespace xib;

TEST_CASE("batches made where LibTorch computes have the bits of those that the host writes, with and without flips and crops") {
  for (const char* const text : {"synthetic(channels = 3, size = 10, samples = 60)", "synthetic(channels = 1, size = 28, samples = 40)"}) {
    const auto data = load_dataset(Term::parse(text), "");
    const ImageSet& set = data.train;
    const BatchWriter writer(data);
    const DeviceImages images(set, writer.table(), nullptr);
    constexpr std::int64_t kCount = 200;  // all moves of a crop, mirrored and not, come up: 162
    std::vector<Augmentation> moves(kCount);
    draw_augmentations(3, 1, 4, moves);
    for (std::size_t k = 0; k < 162; ++k) moves[k] = {static_cast<int>(k) % 9 - 4, static_cast<int>(k) / 9 % 9 - 4, k >= 81};
    std::vector<std::int64_t> index(kCount), numbers;
    for (std::size_t k = 0; k < kCount; ++k) {
      index[k] = static_cast<std::int64_t>(k * 7) % set.size();
      numbers.insert(numbers.end(), {moves[k].dy, moves[k].dx, moves[k].flip});
    }
    DeviceImages::Choice choice{.index = at::from_blob(index.data(), {kCount}, at::kLong), .moves = {}};
    for (const bool moved : {false, true}) {
      if (moved) choice.moves = at::from_blob(numbers.data(), {kCount, 3}, at::kLong);
      const auto made = images.images(choice), labels = images.labels(choice);
      REQUIRE(made.is_contiguous());
      REQUIRE(made.sizes() == at::IntArrayRef({kCount, set.shape.height, set.shape.width, set.shape.channels}));
      std::vector<float> expected(set.shape.pixels());
      for (std::int64_t k = 0; k < kCount; ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (moved)
          writer.write(set, index[at], moves[at], expected.data());
        else
          writer.write(set, index[at], expected.data());
        INFO(text << ", image " << k << ", moved " << moved);
        REQUIRE(std::equal(expected.begin(), expected.end(), made.data_ptr<float>() + at * expected.size()));
        REQUIRE(labels.data_ptr<std::int64_t>()[k] == set.labels[static_cast<std::size_t>(index[at])]);
      }
    }
  }
}
