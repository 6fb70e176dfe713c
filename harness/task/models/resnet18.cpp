#include "harness/task/models/models.hpp"

namespace xib {

// ResNet-18 of He et al. 2016, table 1, in the layout of torchvision (shortcuts B). Its first convolution is 3x3 with stride 1, without max pooling, as papers
// have it for 32x32 images (Chen et al. 2020, SimCLR, appendix B.9).
Network resnet18(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, norm_of(options));
  net.conv(scaled(64, options), 3);
  net.norm();
  net.relu();
  for (const int channels : {64, 128, 256, 512})
    for (int block = 0; block < 2; ++block) net.residual_block(scaled(channels, options), block == 0 && channels != 64 ? 2 : 1, "B");
  net.average_pool();
  return std::move(net).classify();
}

}  // namespace xib
