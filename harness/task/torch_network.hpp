#pragma once

#include "harness/task/models/network.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>  // LibTorch 2 no longer has it in ATen.h

#include <span>
#include <vector>

// Functions that run a Network with LibTorch on the parameters of one node, shared by the tasks on CPU and on a device. Only torch_*.cpp include it.
namespace xib {

using Tensors = std::vector<at::Tensor>;

struct Statistics {
  at::Tensor mean, variance;
};

// Tensors that are views of the parameters of a flat model in the memory of that device. A convolution's weight has the shape (out, in, height, width) and
// lies channels-last in memory.
Tensors parameter_views(const Network& network, float* model, at::Device device = at::kCPU);

// Views of running statistics: one entry per layer; the tensors are empty except for batch norms.
std::vector<Statistics> statistics_views(const Network& network, float* buffers, at::Device device = at::kCPU);

// `count` images, channels-last.
at::Tensor image_views(const ImageShape& shape, float* pixels, std::int64_t count, at::Device device = at::kCPU);

// Output of the layers for x; apply(layer, its index, x) computes each. It works in place where backward does not need the old values.
template <class Apply>
at::Tensor push_through(const Network& network, at::Tensor x, const Apply& apply) {
  at::Tensor kept;
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    const auto& l = network.layers[k];
    if (l.kind == Layer::Kind::keep) {
      kept = x;
    } else if (l.kind == Layer::Kind::add_kept) {
      x = x.add_(kept);
      kept = at::Tensor();
    } else {
      auto& value = l.on_shortcut ? kept : x;
      value = apply(l, k, value);
    }
  }
  return x;
}

// Logits, batch x classes. Weights are converted to the type of x if it differs (bfloat16); norms keep float parameters and sums.
at::Tensor forward(const Network& network, const Tensors& p, const std::vector<Statistics>& statistics, at::Tensor x, bool training);

at::Tensor every_nth_pixel(const at::Tensor& x, int stride);
at::Tensor in_type_of(const at::Tensor& x, const at::Tensor& parameter);  // an undefined parameter stays undefined
at::Tensor group_norm(const at::Tensor& x, std::int64_t groups, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace xib
