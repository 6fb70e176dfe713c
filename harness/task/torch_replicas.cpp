#include "harness/task/torch_replicas.hpp"

#include <numeric>

#include "harness/core/check.hpp"
#include "harness/task/torch_network.hpp"

namespace xib {
namespace {

class GroupedReplicas final : public Replicas {
 public:
  GroupedReplicas(const Network& network, int nodes, std::int64_t batch, at::ScalarType type)
      : network_(network), n_(nodes), batch_(batch), options_(at::TensorOptions().dtype(type).device(at::kCPU)) {
    const auto dim = static_cast<std::int64_t>(network.dim);
    models_ = at::zeros({n_ * dim}, options_);
    gradients_ = at::zeros({n_ * dim}, options_);
    for (const auto& p : network_.parameters) {
      parameters_.push_back(view(models_, p));
      parameters_.back().requires_grad_(true).mutable_grad() = view(gradients_, p);
    }
    for (const auto& l : network_.layers) {
      statistics_.emplace_back();
      if (l.kind != Layer::Kind::batch_norm) continue;
      statistics_.back() = {at::zeros({n_, l.channels}, options_), at::zeros({n_, l.channels}, options_)};
    }
  }

  void gradients(const ReplicaRows& rows, double* loss) override {
    const auto table = [&](const float* p, std::size_t columns, std::size_t stride) {
      return at::from_blob(const_cast<float*>(p), {n_, static_cast<std::int64_t>(columns)}, {static_cast<std::int64_t>(stride), 1},
                           options_.dtype(at::kFloat));
    };
    const auto g = table(rows.gradients, network_.dim, rows.stride), b = table(rows.buffers, network_.buffer_dim, rows.buffer_stride);
    {
      const at::NoGradGuard no_gradients;
      copy_parameters(table(rows.models, network_.dim, rows.stride), models_, true);
      copy_statistics(b, true);
      gradients_.zero_();
    }
    at::Tensor each;
    {
      const at::AutoGradMode record(true);
      const auto x = push_through(network_, images(rows.pixels),
                                  [&](const Layer& l, std::size_t k, const at::Tensor& value) { return apply(l, value, statistics_[k]); });
      const auto labels = at::from_blob(const_cast<std::int64_t*>(rows.labels), {n_ * batch_}, options_.dtype(at::kLong));
      each = at::cross_entropy_loss(x.reshape({n_ * batch_, network_.classes}), labels, {}, at::Reduction::None).view({n_, batch_}).mean(1);
      each.sum().backward();
    }
    const at::NoGradGuard no_gradients;
    copy_parameters(g, gradients_, false);
    copy_statistics(b, false);
    at::from_blob(loss, {n_}, at::kDouble).copy_(each);
  }

 private:
  // A parameter of all nodes, one after another; a convolution's as the weight of one with n times the channels, channels-last in memory.
  at::Tensor view(const at::Tensor& all, const Parameter& p) const {
    const auto flat = all.narrow(0, n_ * static_cast<std::int64_t>(p.offset), n_ * static_cast<std::int64_t>(p.size));
    const auto& s = p.shape;
    if (s.size() == 4) return flat.view({n_ * s[0], s[1], s[2], s[3]}).permute({0, 3, 1, 2}).detach();
    if (s.size() == 2) return flat.view({n_, s[0], s[1]}).detach();
    return flat.detach();
  }

  // Rows by node to blocks by parameter, or back.
  void copy_parameters(const at::Tensor& rows, const at::Tensor& blocks, bool in) const {
    for (const auto& p : network_.parameters) {
      const auto offset = static_cast<std::int64_t>(p.offset), size = static_cast<std::int64_t>(p.size);
      auto block = blocks.narrow(0, n_ * offset, n_ * size).view({n_, size}), columns = rows.narrow(1, offset, size);
      in ? block.copy_(columns) : columns.copy_(block);
    }
  }

  void copy_statistics(const at::Tensor& rows, bool in) {
    for (std::size_t k = 0; k < network_.layers.size(); ++k) {
      if (network_.layers[k].kind != Layer::Kind::batch_norm) continue;
      const auto offset = static_cast<std::int64_t>(network_.layers[k].statistics), c = std::int64_t{network_.layers[k].channels};
      auto mean = rows.narrow(1, offset, c), variance = rows.narrow(1, offset + c, c);
      in ? statistics_[k].mean.copy_(mean) : mean.copy_(statistics_[k].mean);
      in ? statistics_[k].variance.copy_(variance) : variance.copy_(statistics_[k].variance);
    }
  }

  // batch x (node, channel) x height x width, channels-last.
  at::Tensor images(const float* pixels) const {
    const std::int64_t c = network_.input.channels, h = network_.input.height, w = network_.input.width;
    const auto by_node = at::from_blob(const_cast<float*>(pixels), {n_, batch_, h, w, c}, options_.dtype(at::kFloat)).to(options_.dtype());
    return by_node.permute({1, 2, 3, 0, 4}).reshape({batch_, h, w, n_ * c}).permute({0, 3, 1, 2});
  }

  // A 1x1 convolution picks its pixels itself, as the one in torch_network.cpp does.
  at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Layer& l) const {
    const std::int64_t stride = l.kernel == 1 ? 1 : l.stride, padding = l.kernel / 2, dilation = 1;
    return at::conv2d(l.kernel == 1 ? every_nth_pixel(x, l.stride) : x, weight, bias, at::IntArrayRef(stride), at::IntArrayRef(padding),
                      at::IntArrayRef(dilation), n_);
  }

  at::Tensor flatten(const at::Tensor& x) const {
    const auto c = x.size(1) / n_, h = x.size(2), w = x.size(3);
    return x.permute({0, 2, 3, 1}).reshape({batch_, h, w, n_, c}).permute({3, 0, 1, 2, 4}).reshape({n_, batch_, h * w * c});
  }

  at::Tensor pad_channels(const at::Tensor& x, const Layer& l) const {
    const auto y = every_nth_pixel(x, l.stride);
    const auto c = y.size(1) / n_, fresh = l.channels - c, before = fresh / 2;
    const auto padded =
        at::constant_pad_nd(y.permute({0, 2, 3, 1}).reshape({batch_, y.size(2), y.size(3), n_, c}), {before, fresh - before});
    return padded.view({batch_, y.size(2), y.size(3), n_ * l.channels}).permute({0, 3, 1, 2});
  }

  at::Tensor apply(const Layer& l, at::Tensor x, const Statistics& s) const {
    const auto p = [&](int index) { return index < 0 ? at::Tensor() : parameters_[static_cast<std::size_t>(index)]; };
    switch (l.kind) {
      case Layer::Kind::conv:
        return convolve(x, p(l.weight), p(l.bias), l);
      case Layer::Kind::batch_norm:
        return at::batch_norm(x, p(l.weight), p(l.bias), s.mean.view({-1}), s.variance.view({-1}), true, 0.1, 1e-5, x.is_cuda());
      case Layer::Kind::group_norm:
        return at::group_norm(x, n_ * std::gcd(2, l.channels), p(l.weight), p(l.bias), 1e-5, false);
      case Layer::Kind::relu:
        return at::relu_(x);
      case Layer::Kind::max_pool:
        return at::max_pool2d(x, 2, 2);
      case Layer::Kind::average_pool:
        return x.mean({2, 3}, true);
      case Layer::Kind::flatten:
        return flatten(x);
      case Layer::Kind::linear:
        return at::baddbmm(p(l.bias).view({n_, 1, p(l.weight).size(1)}), x, p(l.weight).transpose(1, 2));
      case Layer::Kind::pad_channels:
        return pad_channels(x, l);
      case Layer::Kind::keep:
      case Layer::Kind::add_kept:
        break;
    }
    fail("a layer without meaning");
  }

  const Network& network_;
  std::int64_t n_, batch_;
  at::TensorOptions options_;
  at::Tensor models_, gradients_;  // blocks by parameter
  Tensors parameters_;
  std::vector<Statistics> statistics_;
};

}  // namespace

std::unique_ptr<Replicas> make_grouped_replicas(const Network& network, int nodes, std::int64_t batch, Arithmetic arithmetic) {
  return std::make_unique<GroupedReplicas>(network, nodes, batch, arithmetic == Arithmetic::float64 ? at::kDouble : at::kFloat);
}

}  // namespace xib
