#include "datasets/synthetic.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

struct Options {
  std::int64_t classes, size, samples, test, channels, seed;
  double noise;
};

Options parse(const Term& term) {
  Arguments a(term, "data.dataset");
  Options o{};
  o.classes = a.integer("classes", 10);
  o.size = a.integer("size", 16);
  o.samples = a.integer("samples", 4096);
  o.test = a.integer("test", 1024);
  o.channels = a.integer("channels", 1);
  o.noise = a.number("noise", 40);
  o.seed = a.integer("seed", 0);
  a.done();
  require(o.classes >= 2 && o.classes <= 1000, Key{"data.dataset"}, "synthetic(classes = {}) is not in 2..1000", o.classes);
  require(o.size >= 1 && o.size <= 256, Key{"data.dataset"}, "synthetic(size = {}) is not in 1..256", o.size);
  require(o.samples >= 1 && o.samples <= 1'000'000, Key{"data.dataset"}, "synthetic(samples = {}) is not in 1..1000000", o.samples);
  require(o.test >= 1 && o.test <= 1'000'000, Key{"data.dataset"}, "synthetic(test = {}) is not in 1..1000000", o.test);
  require(o.channels >= 1 && o.channels <= 4, Key{"data.dataset"}, "synthetic(channels = {}) is not in 1..4", o.channels);
  require(o.noise >= 0 && std::isfinite(o.noise), Key{"data.dataset"}, "synthetic(noise = {}) is negative", o.noise);
  require(o.seed >= 0, Key{"data.dataset"}, "synthetic(seed = {}) is negative", o.seed);
  return o;
}

enum Part : std::uint32_t { part_pattern = 0, part_train = 1, part_test = 2 };

std::vector<std::vector<double>> draw_patterns(const Options& o) {
  std::vector<std::vector<double>> patterns;
  const auto blocks = (o.size + 3) / 4;
  for (std::int64_t c = 0; c < o.classes; ++c) {
    RandomStream random(static_cast<std::uint64_t>(o.seed), Purpose::synthetic_data, static_cast<std::uint32_t>(c), part_pattern);
    std::vector<double> signs(static_cast<std::size_t>(o.channels * blocks * blocks));
    for (auto& sign : signs) sign = random.below(2) ? 1 : -1;
    auto& pattern = patterns.emplace_back();
    for (std::int64_t channel = 0; channel < o.channels; ++channel)
      for (std::int64_t y = 0; y < o.size; ++y)
        for (std::int64_t x = 0; x < o.size; ++x) pattern.push_back(signs[static_cast<std::size_t>((channel * blocks + y / 4) * blocks + x / 4)]);
  }
  return patterns;
}

ImageSet draw_images(const Options& o, const std::vector<std::vector<double>>& patterns, Part part, std::int64_t count) {
  ImageSet set;
  set.shape = {static_cast<int>(o.channels), static_cast<int>(o.size), static_cast<int>(o.size)};
  set.pixels.reserve(static_cast<std::size_t>(count) * set.shape.pixels());
  for (std::int64_t k = 0; k < count; ++k) {
    RandomStream random(static_cast<std::uint64_t>(o.seed), Purpose::synthetic_data, static_cast<std::uint32_t>(k), part);
    const auto label = static_cast<std::int32_t>(k % o.classes);
    set.labels.push_back(label);
    for (const double p : patterns[static_cast<std::size_t>(label)])
      set.pixels.push_back(static_cast<std::uint8_t>(std::clamp(std::lround(128 + 48 * p + o.noise * random.normal()), 0l, 255l)));
  }
  return set;
}

}  // namespace

Dataset make_synthetic(const Term& term, const std::string&) {
  const auto o = parse(term);
  const auto patterns = draw_patterns(o);
  Dataset dataset;
  dataset.name = "synthetic";
  dataset.classes = static_cast<int>(o.classes);
  dataset.train = draw_images(o, patterns, part_train, o.samples);
  dataset.test = draw_images(o, patterns, part_test, o.test);
  dataset.mean.assign(static_cast<std::size_t>(o.channels), 0.5f);
  dataset.stddev.assign(static_cast<std::size_t>(o.channels), 0.25f);
  return dataset;
}

DatasetFacts synthetic_facts(const Term& term) {
  const auto o = parse(term);
  const auto size = static_cast<int>(o.size);
  return {o.samples, o.test, static_cast<int>(o.classes), {static_cast<int>(o.channels), size, size}};
}

}  // namespace xib
