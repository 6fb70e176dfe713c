#include "harness/task/models/models.hpp"

namespace xib {

// ResNet-18 of He et al. 2016, table 1, in the layout of torchvision (shortcuts B). Its first convolution is 3x3 with stride 1, without max pooling, as papers
// have it for 32x32 images (Chen et al. 2020, SimCLR, appendix B.9).
Network resnet18(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  return residual_network({64, 128, 256, 512}, 2, "B", options, input, classes);
}

}  // namespace xib
