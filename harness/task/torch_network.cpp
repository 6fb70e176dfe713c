#include "harness/task/torch_network.hpp"

#include "harness/core/check.hpp"

#include <numeric>

namespace xib {
namespace {

at::Tensor pad_channels(const at::Tensor& x, const Layer& l) {
  const auto fresh = l.channels - x.size(1), before = fresh / 2;
  return at::constant_pad_nd(every_nth_pixel(x, l.stride), {0, 0, 0, 0, before, fresh - before});
}

// A 1x1 convolution sees only every `stride`-th pixel. Those are picked here: told the stride, oneDNN 2.6.3 (Debian 12) writes beyond its
// buffer in the AVX2 backward pass where the number of channels is no multiple of 8 (jit_1x1:avx2, backward_data).
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Layer& l) {
  if (l.kernel == 1) return at::conv2d(every_nth_pixel(x, l.stride), weight, bias);
  return at::conv2d(x, weight, bias, l.stride, l.padding);
}

at::Tensor apply(const Layer& l, const at::Tensor& x, const Tensors& p, const Statistics& s, bool training) {
  const auto tensor = [&](int index) { return index < 0 ? at::Tensor() : p[static_cast<std::size_t>(index)]; };
  switch (l.kind) {
    case Layer::Kind::conv:
      return convolve(x, in_type_of(x, tensor(l.weight)), in_type_of(x, tensor(l.bias)), l);
    case Layer::Kind::batch_norm:
      return at::batch_norm(x, tensor(l.weight), tensor(l.bias), s.mean, s.variance, training, 0.1, 1e-5, x.is_cuda());
    case Layer::Kind::group_norm:
      return group_norm(x, std::gcd(2, l.channels), tensor(l.weight), tensor(l.bias));
    case Layer::Kind::relu:
      return at::relu_(const_cast<at::Tensor&>(x));
    case Layer::Kind::max_pool:
      return at::max_pool2d(x, 2, 2);
    case Layer::Kind::average_pool:
      return x.mean({2, 3}, true);
    case Layer::Kind::flatten:
      return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});  // channels-last, like the memory: no copy
    case Layer::Kind::linear:
      return at::linear(x, in_type_of(x, tensor(l.weight)), in_type_of(x, tensor(l.bias)));
    case Layer::Kind::pad_channels:
      return pad_channels(x, l);
    case Layer::Kind::keep:
    case Layer::Kind::add_kept:
      break;
  }
  fail("a layer without meaning");
}

}  // namespace

Tensors parameter_views(const Network& network, float* model, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  Tensors views;
  for (const auto& p : network.parameters) {
    float* data = model + p.offset;
    if (const auto& s = p.shape; s.size() == 4)
      views.push_back(at::from_blob(data, {s[0], s[3], s[1], s[2]}, {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]}, options));
    else
      views.push_back(at::from_blob(data, s, options));
  }
  return views;
}

std::vector<Statistics> statistics_views(const Network& network, float* buffers, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  std::vector<Statistics> views;
  for (const auto& l : network.layers) {
    views.emplace_back();
    if (l.kind != Layer::Kind::batch_norm) continue;
    views.back() = {at::from_blob(buffers + l.statistics, {l.channels}, options), at::from_blob(buffers + l.statistics + l.channels, {l.channels}, options)};
  }
  return views;
}

at::Tensor image_views(const ImageShape& shape, float* pixels, std::int64_t count, at::Device device) {
  const std::int64_t c = shape.channels, h = shape.height, w = shape.width;
  return at::from_blob(pixels, {count, c, h, w}, {h * w * c, 1, w * c, c}, at::TensorOptions().dtype(at::kFloat).device(device));
}

at::Tensor every_nth_pixel(const at::Tensor& x, int stride) { return stride == 1 ? x : x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride); }

at::Tensor in_type_of(const at::Tensor& x, const at::Tensor& parameter) {
  return parameter.defined() && parameter.scalar_type() != x.scalar_type() ? parameter.to(x.scalar_type()) : parameter;
}

// LibTorch's own takes one type for images and parameters.
at::Tensor group_norm(const at::Tensor& x, std::int64_t groups, const at::Tensor& weight, const at::Tensor& bias) {
  if (!weight.defined() || x.scalar_type() == weight.scalar_type()) return at::group_norm(x, groups, weight, bias, 1e-5, false);
  return at::group_norm(x.to(at::kFloat), groups, weight, bias, 1e-5, false).to(x.scalar_type());
}

at::Tensor forward(const Network& network, const Tensors& p, const std::vector<Statistics>& statistics, at::Tensor x, bool training) {
  return push_through(network, std::move(x),
                      [&](const Layer& l, std::size_t k, const at::Tensor& value) { return apply(l, value, p, statistics[k], training); });
}

}  // namespace xib
