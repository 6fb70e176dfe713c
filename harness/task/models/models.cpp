#include "harness/task/models/models.hpp"

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace xib {
namespace {

constexpr std::array<ModelInfo, 7> kModels = {{
    {"resnet20", "", "ResNet-20 for small images (He et al. 2016, section 4.2): 16, 32, 64 channels", true, true, true, resnet20},
    {"resnet18", "", "ResNet-18 for 32x32 images (He et al. 2016, table 1): 64 to 512 channels, the first convolution 3x3, shortcuts B", true, true, false,
     resnet18},
    {"vgg11", "", "VGG-11 for 32x32 images (Simonyan and Zisserman 2015, A): 64 to 512 channels, then 512, 512 units", true, true, false, vgg11},
    {"lenet", "", "LeNet of PyTorch's MNIST example: 5x5 convolutions of 10 and 20 channels, then 50 units", false, false, false, lenet},
    {"cnn", "", "three 3x3 convolutions of 8, 16, 32 channels, each with norm, ReLU and pooling, then linear", true, true, false, cnn},
    {"mlp", "hidden, ...", "fully connected, one hidden layer of ReLUs per argument", false, false, false, mlp},
    {"logistic", "", "one linear layer: multinomial logistic regression", false, false, false, logistic},
}};

}  // namespace

std::span<const ModelInfo> models() { return kModels; }

Norm norm_of(const ModelOptions& options) {
  if (options.norm == "batch") return Norm::batch;
  return options.norm == "group" ? Norm::group : Norm::none;
}

int scaled(int channels, const ModelOptions& options) { return std::max(1, static_cast<int>(std::lround(channels * options.width))); }

Network make_network(const Term& term, const ModelOptions& options, const ImageShape& input, int classes) {
  const ModelInfo* info = &row_of(kModels, term.name, "model (none is for constructed problems)", "model.name");
  const ModelOptions plain;
  require(options.width > 0 && options.width <= 64, Key{"model.width"}, "{} is not in (0, 64]", options.width);
  if (options.norm != "batch" && options.norm != "group" && options.norm != "none") refuse_name("model.norm", "norm", options.norm, {"batch", "group", "none"});
  if (options.shortcut != "A" && options.shortcut != "B") refuse_name("model.shortcut", "shortcut", options.shortcut, {"A", "B"});
  require(info->has_width || options.width == plain.width, Key{"model.width"}, "{}: {} has no width; leave it out", options.width, term.name);
  require(info->has_norm || options.norm == plain.norm || options.norm == "none", Key{"model.norm"}, "'{}': {} has no norm; leave it out", options.norm,
          term.name);
  require(info->has_shortcut || options.shortcut == plain.shortcut, Key{"model.shortcut"}, "'{}': {} has no choice of shortcuts; leave it out",
          options.shortcut, term.name);
  if (info->arguments.empty()) Arguments(term, "model.name").done();
  return info->make(term, options, input, classes);
}

}  // namespace xib
