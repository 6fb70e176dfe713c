#include "harness/task/torch_batches.hpp"

namespace xib {
namespace {

class ImageBatches final : public Batches {
 public:
  ImageBatches(const ImageSamples& samples, const NodeBlock& nodes, int workers)
      : samples_(samples), first_(nodes.first), writer_(samples.dataset()), evaluation_(static_cast<std::size_t>(workers)) {
    training_.reserve(static_cast<std::size_t>(nodes.count * samples.batch_size()), pixels());
  }

  Place place() override { return {training_.pixels.data(), training_.labels.data()}; }

  void write(int local, std::int64_t step) override {
    const auto& set = samples_.images(Split::train);
    const auto drawn = samples_.draw(first_ + local, step);
    const std::size_t begin = static_cast<std::size_t>(local) * drawn.indices.size();
    for (std::size_t k = 0; k < drawn.indices.size(); ++k) {
      float* const out = training_.pixels.data() + (begin + k) * pixels();
      training_.labels[begin + k] = set.labels[static_cast<std::size_t>(drawn.indices[k])];
      if (drawn.moves.empty())
        writer_.write(set, drawn.indices[k], out);
      else
        writer_.write(set, drawn.indices[k], drawn.moves[k], out);
    }
  }

  Batch evaluation(Split split, int batch, int worker) override {
    const auto& set = samples_.images(split);
    const auto stretch = samples_.stretch(split, batch);
    auto& here = evaluation_[static_cast<std::size_t>(worker)];
    here.reserve(static_cast<std::size_t>(kEvaluationBatch), pixels());
    for (std::int64_t k = 0; k < stretch.count; ++k) {
      writer_.write(set, stretch.first + k, here.pixels.data() + static_cast<std::size_t>(k) * pixels());
      here.labels[static_cast<std::size_t>(k)] = set.labels[static_cast<std::size_t>(stretch.first + k)];
    }
    return {image_views(set.shape, here.pixels.data(), stretch.count), at::from_blob(here.labels.data(), {stretch.count}, at::kLong)};
  }

 private:
  struct Memory {
    std::vector<float> pixels;
    std::vector<std::int64_t> labels;
    void reserve(std::size_t images, std::size_t pixels_of_image) {
      pixels.resize(images * pixels_of_image);
      labels.resize(images);
    }
  };
  std::size_t pixels() const { return samples_.dataset().train.shape.pixels(); }

  const ImageSamples& samples_;
  int first_;
  BatchWriter writer_;
  Memory training_;                 // of all local nodes
  std::vector<Memory> evaluation_;  // per worker
};

}  // namespace

std::unique_ptr<Batches> make_image_batches(const ImageSamples& samples, const NodeBlock& nodes, int workers) {
  return std::make_unique<ImageBatches>(samples, nodes, workers);
}

}  // namespace xib
