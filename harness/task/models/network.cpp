#include "harness/task/models/network.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace xib {

void draw_initial_model(const Network& network, std::uint64_t seed, std::span<float> model, std::span<float> buffers) {
  for (std::size_t k = 0; k < network.parameters.size(); ++k) {
    const auto& p = network.parameters[k];
    RandomStream random(seed, Purpose::init, static_cast<std::uint32_t>(k));
    for (auto& value : model.subspan(p.offset, p.size)) value = p.init_deviation > 0 ? static_cast<float>(p.init_deviation * random.normal()) : p.init_value;
  }
  for (const auto& l : network.layers) {
    if (l.kind != Layer::Kind::batch_norm) continue;
    const auto channels = static_cast<std::size_t>(l.channels);
    std::fill_n(buffers.begin() + static_cast<std::ptrdiff_t>(l.statistics), channels, 0.0f);
    std::fill_n(buffers.begin() + static_cast<std::ptrdiff_t>(l.statistics + channels), channels, 1.0f);
  }
}

NetworkBuilder::NetworkBuilder(const ImageShape& input, int classes, Norm norm) : shape_(input), norm_(norm) {
  network_.input = input;
  network_.classes = classes;
}

int NetworkBuilder::add(std::string name, std::vector<std::int64_t> shape, double deviation, float value) {
  std::size_t size = 1;
  for (const auto s : shape) size *= static_cast<std::size_t>(s);
  network_.parameters.push_back({fmt::format("{}.{}", network_.layers.size(), name), std::move(shape), network_.dim, size, deviation, value});
  network_.dim += size;
  return static_cast<int>(network_.parameters.size()) - 1;
}

Layer& NetworkBuilder::layer(Layer::Kind kind) {
  network_.layers.push_back({.kind = kind, .channels = shape_.channels, .on_shortcut = on_shortcut_});
  return network_.layers.back();
}

void NetworkBuilder::require_size(int pixels) const {
  require(shape_.height >= pixels && shape_.width >= pixels, Key{"model.name"},
          "images of {}x{} are too small for this network; take larger ones or another model", network_.input.height, network_.input.width);
}

void NetworkBuilder::conv(int channels, int kernel, int stride) { convolution(channels, kernel, stride, kernel / 2); }

void NetworkBuilder::conv_inside(int channels, int kernel) {
  require_size(kernel);
  convolution(channels, kernel, 1, 0);
}

void NetworkBuilder::convolution(int channels, int kernel, int stride, int padding) {
  const double fan_in = shape_.channels * kernel * kernel;
  const int weight = add("conv.weight", {channels, kernel, kernel, shape_.channels}, std::sqrt(2 / fan_in));
  const int bias = norm_ == Norm::none ? add("conv.bias", {channels}, 0) : -1;
  auto& l = layer(Layer::Kind::conv);
  l.weight = weight, l.bias = bias, l.kernel = kernel, l.stride = stride, l.padding = padding, l.channels = channels;
  shape_ = {channels, pixels_after(l, shape_.height), pixels_after(l, shape_.width)};
}

void NetworkBuilder::norm() {
  if (norm_ == Norm::none) return;
  const int weight = add("norm.weight", {shape_.channels}, 0, 1), bias = add("norm.bias", {shape_.channels}, 0);
  auto& l = layer(norm_ == Norm::batch ? Layer::Kind::batch_norm : Layer::Kind::group_norm);
  l.weight = weight, l.bias = bias, l.statistics = network_.buffer_dim;
  if (norm_ == Norm::batch) network_.buffer_dim += 2 * static_cast<std::size_t>(shape_.channels);
}

void NetworkBuilder::relu() { layer(Layer::Kind::relu); }

void NetworkBuilder::max_pool() {
  require_size(2);
  shape_.height /= 2, shape_.width /= 2;
  layer(Layer::Kind::max_pool);
}

void NetworkBuilder::average_pool() {
  shape_.height = shape_.width = 1;
  layer(Layer::Kind::average_pool);
}

void NetworkBuilder::linear(int units, double gain) {
  const auto inputs = static_cast<int>(shape_.pixels());
  if (!std::exchange(flat_, true)) layer(Layer::Kind::flatten);
  const int weight = add("linear.weight", {units, inputs}, std::sqrt(gain / inputs)), bias = add("linear.bias", {units}, 0);
  shape_ = {units, 1, 1};
  auto& l = layer(Layer::Kind::linear);
  l.weight = weight, l.bias = bias;
}

void NetworkBuilder::hidden(int units) {
  linear(units, 2);
  relu();
}

void NetworkBuilder::residual_block(int channels, int stride, std::string_view shortcut) {
  const auto before = shape_;
  layer(Layer::Kind::keep);
  conv(channels, 3, stride);
  norm();
  relu();
  conv(channels, 3);
  norm();
  if (stride != 1 || channels != before.channels) {
    const auto after = std::exchange(shape_, before);
    on_shortcut_ = true;
    if (shortcut == "B") {
      conv(channels, 1, stride);
      norm();
    } else {
      shape_ = after;
      layer(Layer::Kind::pad_channels).stride = stride;
    }
    on_shortcut_ = false;
    shape_ = after;
  }
  layer(Layer::Kind::add_kept);
  relu();
}

Network NetworkBuilder::classify() && {
  linear(network_.classes, 1);
  return std::move(network_);
}

}  // namespace xib
