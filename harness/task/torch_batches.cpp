#include "harness/task/torch_batches.hpp"

namespace xib {
namespace {

class ImageBatches final : public Batches {
 public:
  ImageBatches(const ImageSamples& samples, const NodeBlock& nodes, int workers)
      : samples_(samples),
        first_(nodes.first),
        writer_(samples.dataset()),
        training_(static_cast<std::size_t>(nodes.count)),
        evaluation_(static_cast<std::size_t>(workers)) {}

  Batch training(int local, std::int64_t step) override {
    const auto& set = samples_.images(Split::train);
    const auto drawn = samples_.draw(first_ + local, step);
    auto& here = training_[static_cast<std::size_t>(local)];
    here.reserve(drawn.indices.size(), set.shape.pixels());
    for (std::size_t k = 0; k < drawn.indices.size(); ++k) {
      float* const out = here.pixels.data() + k * set.shape.pixels();
      here.labels[k] = set.labels[static_cast<std::size_t>(drawn.indices[k])];
      if (drawn.moves.empty())
        writer_.write(set, drawn.indices[k], out);
      else
        writer_.write(set, drawn.indices[k], drawn.moves[k], out);
    }
    return here.batch(set.shape, drawn.indices.size());
  }

  Batch evaluation(Split split, int batch, int worker) override {
    const auto& set = samples_.images(split);
    const auto stretch = samples_.stretch(split, batch);
    auto& here = evaluation_[static_cast<std::size_t>(worker)];
    here.reserve(static_cast<std::size_t>(kEvaluationBatch), set.shape.pixels());
    for (std::int64_t k = 0; k < stretch.count; ++k) {
      writer_.write(set, stretch.first + k, here.pixels.data() + static_cast<std::size_t>(k) * set.shape.pixels());
      here.labels[static_cast<std::size_t>(k)] = set.labels[static_cast<std::size_t>(stretch.first + k)];
    }
    return here.batch(set.shape, static_cast<std::size_t>(stretch.count));
  }

 private:
  struct Memory {
    std::vector<float> pixels;
    std::vector<std::int64_t> labels;
    void reserve(std::size_t images, std::size_t pixels_of_image) {
      pixels.resize(images * pixels_of_image);
      labels.resize(images);
    }
    Batch batch(const ImageShape& shape, std::size_t images) {
      const auto count = static_cast<std::int64_t>(images);
      return {image_views(shape, pixels.data(), count), at::from_blob(labels.data(), {count}, at::kLong)};
    }
  };

  const ImageSamples& samples_;
  int first_;
  BatchWriter writer_;
  std::vector<Memory> training_;    // per local node
  std::vector<Memory> evaluation_;  // per worker
};

}  // namespace

std::unique_ptr<Batches> make_image_batches(const ImageSamples& samples, const NodeBlock& nodes, int workers) {
  return std::make_unique<ImageBatches>(samples, nodes, workers);
}

}  // namespace xib
