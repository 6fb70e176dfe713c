#pragma once

#include "harness/core/term.hpp"
#include "harness/task/models/network.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace xib {

struct ModelOptions {
  double width = 1;            // factor on the number of channels
  std::string norm = "batch";  // batch group none
  std::string shortcut = "A";  // A B
};

struct ModelInfo {
  std::string_view name, arguments, help;
  bool has_width, has_norm, has_shortcut;  // the options that it takes; any other is an error
  Network (*make)(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
};
std::span<const ModelInfo> models();  // the one table

// Throws Error(input) for an unknown name (with the nearest), wrong arguments, an option that the model lacks, and images that are too small.
Network make_network(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);

// The makers.
Network resnet20(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network resnet18(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network vgg11(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network lenet(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network cnn(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network mlp(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);
Network logistic(const Term& term, const ModelOptions& options, const ImageShape& input, int classes);

// Helpers of the makers: the norm of that name; round(channels * width), at least 1.
Norm norm_of(const ModelOptions& options);
int scaled(int channels, const ModelOptions& options);
// Residual network for images of 32x32: a 3x3 convolution, a stage of `blocks` basic blocks for each number of channels (all but the first halve the image),
// and the mean over the image.
Network residual_network(std::initializer_list<int> channels, int blocks, const std::string& shortcut, const ModelOptions& options, const ImageShape& input,
                         int classes);

}  // namespace xib
