#pragma once

#include "datasets/dataset.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

enum class Norm { none, batch, group };

// A block of the flat parameter vector. Weights of convolutions are stored channels-last: out, height, width, in.
struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t offset = 0, size = 0;
  double init_deviation = 0;  // N(0, deviation²), or
  float init_value = 0;       // this constant where the deviation is 0
};

// Operation on the activations. on_shortcut: it works on the kept activations instead.
struct Layer {
  enum class Kind { conv, batch_norm, group_norm, relu, max_pool, average_pool, flatten, linear, keep, pad_channels, add_kept } kind;
  int weight = -1, bias = -1;  // indices of parameters; -1: none
  std::size_t statistics = 0;  // batch_norm: where in the buffers its running mean begins, then its running variance
  int channels = 0;            // afterwards
  int kernel = 1, stride = 1, padding = 0;
  bool on_shortcut = false;
};

// Height or width of what a convolution, or the shortcut that picks its pixels, makes of so many pixels.
constexpr int pixels_after(const Layer& l, int pixels) { return (pixels + 2 * l.padding - l.kernel) / l.stride + 1; }

// Network as plain data: the meaning of the flat parameter vector, and the layers that a batch goes through. The models build it; torch_network.cpp and
// torch_grouped_replicas.cpp run it.
struct Network {
  ImageShape input;
  int classes = 0;
  std::vector<Layer> layers;
  std::vector<Parameter> parameters;
  std::size_t dim = 0, buffer_dim = 0;
};

// Draws initial weights: He et al. 2015, N(0, 2/fan_in) before a ReLU; N(0, 1/fan_in) for the last layer; norms 1, biases 0.
// Parameter k draws from its own stream (Purpose::init, k). Buffers: running means 0, variances 1.
void draw_initial_model(const Network& network, std::uint64_t seed, std::span<float> model, std::span<float> buffers);

// Builder of a network: appends layers and keeps track of the shape.
class NetworkBuilder {
 public:
  NetworkBuilder(const ImageShape& input, int classes, Norm norm);
  // Convolutions have a bias only where no norm follows.
  void conv(int channels, int kernel, int stride = 1);  // padded by kernel / 2: stride 1 keeps the size
  void conv_inside(int channels, int kernel);           // not padded: kernel - 1 pixels less in both directions
  void norm();
  void relu();
  void max_pool();         // 2x2, stride 2
  void average_pool();     // over all pixels
  void hidden(int units);  // linear and ReLU, after flattening
  // Basic block of He et al. 2016: x <- relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)). If the shape changes, the shortcut is A (every second pixel, new
  // channels are zero) or B (a 1x1 convolution with norm).
  void residual_block(int channels, int stride, std::string_view shortcut);
  Network classify() &&;  // the last linear layer

 private:
  int add(std::string name, std::vector<std::int64_t> shape, double deviation, float value = 0);
  Layer& layer(Layer::Kind kind);
  void convolution(int channels, int kernel, int stride, int padding);
  void require_size(int pixels) const;
  void linear(int units, double gain);
  Network network_;
  ImageShape shape_;
  Norm norm_;
  bool on_shortcut_ = false, flat_ = false;
};

}  // namespace xib
