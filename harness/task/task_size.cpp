#include "harness/task/task_size.hpp"

#include "datasets/dataset.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/problems.hpp"
#include "harness/task/samples.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr double kFloat = sizeof(float), kDouble = sizeof(double);
constexpr double kEvaluated = kEvaluationBatch;

// LibTorch keeps a layer's output for the backward pass, oneDNN may copy it into another order, and the backward pass has the gradients of both;
// an evaluation keeps nothing, but has input and output of a layer and their copies at once. malloc gives nothing of it back.
constexpr double kCopiesOfTraining = 4, kCopiesOfEvaluation = 6;

// On a device: LibTorch keeps a layer's output once, and the backward pass has gradients of input and output of a layer, and what they are made of. A pixel's
// place is computed in whole numbers of 8 bytes, of which three tables are there at a time.
constexpr double kBackward = 4, kPlace = sizeof(std::int64_t);

struct Activations {
  double all = 0, largest = 0;  // floats per image
};

Activations activations(const Network& network) {
  ImageShape shape = network.input, kept = shape;
  Activations found{static_cast<double>(shape.pixels()), static_cast<double>(shape.pixels())};
  for (const Layer& l : network.layers) {
    ImageShape& s = l.on_shortcut ? kept : shape;
    switch (l.kind) {
      case Layer::Kind::keep:
        kept = shape;
        continue;
      case Layer::Kind::relu:
      case Layer::Kind::add_kept:
      case Layer::Kind::flatten:  // in place, or a view
        continue;
      case Layer::Kind::conv:
      case Layer::Kind::pad_channels:
        s = {l.channels, pixels_after(l, s.height), pixels_after(l, s.width)};
        break;
      case Layer::Kind::max_pool:
        s = {l.channels, s.height / 2, s.width / 2};
        break;
      case Layer::Kind::average_pool:
      case Layer::Kind::linear:
        s = {l.channels, 1, 1};
        break;
      case Layer::Kind::batch_norm:
      case Layer::Kind::group_norm:
        break;
    }
    const auto floats = static_cast<double>(s.pixels());
    found.all += floats;
    found.largest = std::max(found.largest, floats);
  }
  return found;
}

TaskSize size_of_images(const RunConfig& config, const Term& term) {
  const DatasetFacts facts = dataset_info(term, "data.dataset").facts(term);
  const auto& m = config.model;
  const Network network = make_network(Term::parse(m.name, "model.name"), {m.width, m.norm, m.shortcut}, facts.shape, facts.classes);
  const Activations floats = activations(network);
  const auto pixels = static_cast<double>(facts.shape.pixels()), batch = static_cast<double>(config.train.batch_size);
  const auto images = static_cast<double>(facts.train + facts.test);
  const double value = config.train.precision == "bfloat16" ? 2 : kFloat, places = 3 * kPlace;
  const double on_device = value * batch * (floats.all + kBackward * floats.largest);
  return {.dim = network.dim,
          .buffer_dim = network.buffer_dim,
          .shared = 2 * images * (pixels + kFloat) + 2 * kDouble * images,  // bytes and labels, again while a file is unpacked; the order of two epochs
          .node = batch * (kFloat * pixels + 2 * kDouble),
          .thread = kFloat * (kCopiesOfTraining * batch * floats.all + kCopiesOfEvaluation * kEvaluated * floats.largest),
          .device = images * (pixels + kPlace) + kEvaluated * ((kFloat + places) * pixels + kCopiesOfEvaluation * kFloat * floats.largest),
          .device_node = batch * ((kFloat + places) * pixels + 4 * kPlace) + on_device + 4 * kFloat * static_cast<double>(network.dim),
          .activations = on_device};
}

}  // namespace

TaskSize task_size(const RunConfig& config) {
  const Term term = Term::parse(config.data.dataset, "data.dataset");
  const ProblemInfo* problem = find_problem(term.name);
  if (!problem) return size_of_images(config, term);
  const auto size = problem->size(term, static_cast<int>(config.train.nodes), config.train.batch_size);
  return {.dim = size.dim, .shared = size.bytes, .thread = 4 * kDouble * static_cast<double>(size.dim)};  // gradients in double and what they are made of
}

}  // namespace xib
