#include "harness/task/torch_replicas.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_network.hpp"
#include "harness/task/torch_objective.hpp"

namespace xib {
namespace {

// Rows, one per node, and blocks: for every part of a row (a parameter, the means of a BatchNorm) its values on all nodes, one node after another. One launch
// each way, by tables of places, instead of one per part. Parts follow one another and fill the row.
class Order {
 public:
  Order() = default;
  Order(const std::vector<std::int64_t>& sizes, std::int64_t nodes, std::int64_t stride, at::Device device) : rows_(nodes * stride) {
    for (const auto size : sizes) blocks_ += nodes * size;
    std::vector<std::int64_t> of_block(static_cast<std::size_t>(blocks_)),
        of_row(static_cast<std::size_t>(rows_), blocks_);  // padding: the zero behind the blocks
    std::int64_t at = 0, begin = 0;
    for (const auto size : sizes) {
      for (std::int64_t k = 0; k < nodes; ++k)
        for (std::int64_t c = begin; c < begin + size; ++c, ++at) {
          of_block[static_cast<std::size_t>(at)] = k * stride + c;
          of_row[static_cast<std::size_t>(k * stride + c)] = at;
        }
      begin += size;
    }
    const auto type = std::max(rows_, blocks_) <= std::numeric_limits<std::int32_t>::max() ? at::kInt : at::kLong;
    const auto table = [&](std::vector<std::int64_t>& places) {
      return at::from_blob(places.data(), {static_cast<std::int64_t>(places.size())}, at::kLong).to(type).clone().to(device);
    };
    of_block_ = table(of_block);
    of_row_ = table(of_row);
  }
  std::int64_t rows() const { return rows_; }  // floats of all rows, padding included
  // blocks: one value more than all parts have, 0.
  void gather(const at::Tensor& rows, const at::Tensor& blocks) const {
    if (blocks_ > 0) blocks.narrow(0, 0, blocks_).copy_(rows.index_select(0, of_block_));
  }
  void scatter(const at::Tensor& blocks, const at::Tensor& rows) const {
    if (blocks_ > 0) rows.copy_(blocks.index_select(0, of_row_));
  }

 private:
  std::int64_t rows_ = 0, blocks_ = 0;
  at::Tensor of_block_, of_row_;
};

class GroupedReplicas final : public Replicas {
 public:
  explicit GroupedReplicas(const ReplicaSetup& setup)
      : network_(setup.network),
        objective_(setup.objective),
        n_(setup.nodes),
        batch_(setup.batch),
        options_(at::TensorOptions().dtype(setup.arithmetic == Arithmetic::float64 ? at::kDouble : at::kFloat).device(torch_device(setup.device))),
        type_(setup.arithmetic == Arithmetic::bfloat16 ? at::kBFloat16 : options_.dtype().toScalarType()) {
    models_ = at::zeros({n_ * static_cast<std::int64_t>(network_.dim) + 1}, options_);
    gradients_ = at::zeros_like(models_);
    buffers_ = at::zeros({n_ * static_cast<std::int64_t>(network_.buffer_dim) + 1}, options_);
    for (const auto& p : network_.parameters) {
      parameters_.push_back(view(models_, p));
      parameters_.back().requires_grad_(true).mutable_grad() = view(gradients_, p);
    }
    for (const auto& l : network_.layers) {
      statistics_.emplace_back();
      if (l.kind != Layer::Kind::batch_norm) continue;
      const auto offset = static_cast<std::int64_t>(l.statistics), c = std::int64_t{l.channels};
      statistics_.back() = {buffers_.narrow(0, n_ * offset, n_ * c), buffers_.narrow(0, n_ * (offset + c), n_ * c)};
    }
  }

  void gradients(const ReplicaRows& rows) override {
    arrange(rows);
    const auto flat = [&](float* p, const Order& order) { return at::from_blob(p, {order.rows()}, options_.dtype(at::kFloat)); };
    {
      const at::NoGradGuard no_gradients;
      parameter_order_.gather(flat(rows.models, parameter_order_), models_);
      buffer_order_.gather(flat(rows.buffers, buffer_order_), buffers_);
      gradients_.zero_();
    }
    {
      const at::AutoGradMode record(true);
      const auto x =
          push_through(network_, images(rows.pixels), [&](const Layer& l, std::size_t k, const at::Tensor& value) { return apply(l, value, statistics_[k]); });
      const auto labels = at::from_blob(rows.labels, {n_ * batch_}, options_.dtype(at::kLong));
      const auto logits = x.reshape({n_ * batch_, network_.classes}).to(options_.dtype());
      losses_ = objective_.losses(logits, labels, n_);
      losses_.sum().backward();
      losses_ = losses_.detach();
    }
    const at::NoGradGuard no_gradients;
    parameter_order_.scatter(gradients_, flat(rows.gradients, parameter_order_));
    buffer_order_.scatter(buffers_, flat(rows.buffers, buffer_order_));
  }

  void losses(std::span<double> loss) const override {
    const auto values = losses_.to(at::kCPU, at::kDouble);
    std::copy_n(values.data_ptr<double>(), loss.size(), loss.begin());
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

  // The order of rows that are so far apart.
  void arrange(const ReplicaRows& rows) {
    const auto stride = static_cast<std::int64_t>(rows.stride), buffer_stride = static_cast<std::int64_t>(rows.buffer_stride);
    if (parameter_order_.rows() == n_ * stride && buffer_order_.rows() == n_ * buffer_stride) return;
    std::vector<std::int64_t> parameters, statistics;
    for (const auto& p : network_.parameters) parameters.push_back(static_cast<std::int64_t>(p.size));
    for (const auto& l : network_.layers)
      if (l.kind == Layer::Kind::batch_norm) statistics.insert(statistics.end(), 2, l.channels);
    parameter_order_ = Order(parameters, n_, stride, options_.device());
    buffer_order_ = Order(statistics, n_, buffer_stride, options_.device());
  }

  // batch x (node, channel) x height x width, channels-last.
  at::Tensor images(float* pixels) const {
    const std::int64_t c = network_.input.channels, h = network_.input.height, w = network_.input.width;
    const auto by_node = at::from_blob(pixels, {n_, batch_, h, w, c}, options_.dtype(at::kFloat)).to(type_);
    return by_node.permute({1, 2, 3, 0, 4}).reshape({batch_, h, w, n_ * c}).permute({0, 3, 1, 2});
  }

  // A 1x1 convolution picks its pixels itself, as the one in torch_network.cpp does.
  at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Layer& l) const {
    const std::int64_t stride = l.kernel == 1 ? 1 : l.stride, padding = l.padding, dilation = 1;
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
    const auto padded = at::constant_pad_nd(y.permute({0, 2, 3, 1}).reshape({batch_, y.size(2), y.size(3), n_, c}), {before, fresh - before});
    return padded.view({batch_, y.size(2), y.size(3), n_ * l.channels}).permute({0, 3, 1, 2});
  }

  at::Tensor apply(const Layer& l, at::Tensor x, const Statistics& s) const {
    const auto p = [&](int index) { return index < 0 ? at::Tensor() : parameters_[static_cast<std::size_t>(index)]; };
    switch (l.kind) {
      case Layer::Kind::conv:
        return convolve(x, in_type_of(x, p(l.weight)), in_type_of(x, p(l.bias)), l);
      case Layer::Kind::batch_norm:
        return at::batch_norm(x, p(l.weight), p(l.bias), s.mean, s.variance, true, 0.1, 1e-5, x.is_cuda());
      case Layer::Kind::group_norm:
        return group_norm(x, n_ * std::gcd(2, l.channels), p(l.weight), p(l.bias));
      case Layer::Kind::relu:
        return at::relu_(x);
      case Layer::Kind::max_pool:
        return at::max_pool2d(x, 2, 2);
      case Layer::Kind::average_pool:
        return x.mean({2, 3}, true);
      case Layer::Kind::flatten:
        return flatten(x);
      case Layer::Kind::linear:
        return at::baddbmm(in_type_of(x, p(l.bias)).view({n_, 1, p(l.weight).size(1)}), x, in_type_of(x, p(l.weight)).transpose(1, 2));
      case Layer::Kind::pad_channels:
        return pad_channels(x, l);
      case Layer::Kind::keep:
      case Layer::Kind::add_kept:
        break;
    }
    fail("a layer without meaning");
  }

  const Network& network_;
  const Objective& objective_;
  std::int64_t n_, batch_;
  at::TensorOptions options_;  // of parameters, their gradients and losses
  at::ScalarType type_;        // of images and what becomes of them
  Order parameter_order_, buffer_order_;
  at::Tensor models_, gradients_, buffers_;  // blocks
  at::Tensor losses_;
  Tensors parameters_;
  std::vector<Statistics> statistics_;
};

}  // namespace

std::unique_ptr<Replicas> make_grouped_replicas(const ReplicaSetup& setup) { return std::make_unique<GroupedReplicas>(setup); }

}  // namespace xib
