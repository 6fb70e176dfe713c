#include "harness/task/torch_device_batches.hpp"

#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_images.hpp"

namespace xib {
namespace {

class DeviceImageBatches final : public DeviceBatches {
 public:
  DeviceImageBatches(const ImageSamples& samples, const NodeBlock& nodes, Device& device)
      : samples_(samples), nodes_(nodes), device_(device), whole_numbers_(at::TensorOptions().dtype(at::kLong).device(torch_device(device))) {
    const BatchWriter writer(samples.dataset());
    for (const Split split : {Split::train, Split::validation, Split::test})
      images_.push_back(std::make_unique<DeviceImages>(samples.images(split), writer.table(), &device));
  }

  Place reserve() override {
    const std::size_t images = static_cast<std::size_t>(nodes_.count) * batch();
    place_ = {pixels_.reserve(device_, images * samples_.dataset().train.shape.pixels()), labels_.reserve(device_, images)};
    drawn_here_.reserve(device_, images * kNumbers);
    drawn_there_.reserve(device_, images * kNumbers);
    drawn_for_ = -1;
    return place_;
  }

  void draw(std::int64_t step, ThreadPool& pool) override {
    if (drawn_for_ == step) return;
    std::int64_t* const numbers = drawn_here_.data();
    pool.for_each(nodes_.count, [&](std::int64_t k, int) {
      const auto drawn = samples_.draw(nodes_.first + static_cast<int>(k), step);
      for (std::size_t j = 0; j < batch(); ++j) {
        std::int64_t* const mine = numbers + (static_cast<std::size_t>(k) * batch() + j) * kNumbers;
        mine[0] = drawn.indices[j];
        if (!drawn.moves.empty()) mine[1] = drawn.moves[j].dy, mine[2] = drawn.moves[j].dx, mine[3] = drawn.moves[j].flip;
      }
    });
    drawn_for_ = step;
  }

  void write() override {
    const at::NoGradGuard no_gradients;
    const auto images = static_cast<std::int64_t>(nodes_.count) * samples_.batch_size();
    device_.copy(drawn_there_.data(), drawn_here_.data(), static_cast<std::size_t>(images) * kNumbers * sizeof(std::int64_t));
    const auto drawn = at::from_blob(drawn_there_.data(), {images, static_cast<std::int64_t>(kNumbers)}, whole_numbers_);
    DeviceImages::Choice choice{.index = drawn.select(1, 0), .moves = {}};
    if (samples_.augments()) choice.moves = drawn.narrow(1, 1, 3);
    const auto pixels = set(Split::train).images(choice);
    at::from_blob(place_.inputs, pixels.sizes(), whole_numbers_.dtype(at::kFloat)).copy_(pixels);
    at::from_blob(place_.targets, {images}, whole_numbers_).copy_(set(Split::train).labels(choice));
  }

  Batch evaluation(Split split, int batch) override {
    const auto stretch = samples_.stretch(split, batch);
    const DeviceImages::Choice choice{.index = at::arange(stretch.first, stretch.first + stretch.count, whole_numbers_), .moves = {}};
    return {set(split).images(choice).permute({0, 3, 1, 2}), set(split).labels(choice)};
  }

 private:
  static constexpr std::size_t kNumbers = 4;  // that say which image, and how it is changed: its place, then dy, dx, mirrored

  std::size_t batch() const { return static_cast<std::size_t>(samples_.batch_size()); }
  const DeviceImages& set(Split split) const { return *images_[static_cast<std::size_t>(split)]; }

  const ImageSamples& samples_;
  NodeBlock nodes_;
  Device& device_;
  at::TensorOptions whole_numbers_;
  std::vector<std::unique_ptr<DeviceImages>> images_;  // by Split
  DeviceArray<float> pixels_;
  DeviceArray<std::int64_t> labels_, drawn_there_;
  PinnedArray<std::int64_t> drawn_here_;
  Place place_{};
  std::int64_t drawn_for_ = -1;  // the step
};

}  // namespace

std::unique_ptr<DeviceBatches> make_device_image_batches(const ImageSamples& samples, const NodeBlock& nodes, Device& device) {
  return std::make_unique<DeviceImageBatches>(samples, nodes, device);
}

}  // namespace xib
