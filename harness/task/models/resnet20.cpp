#include "harness/task/models/models.hpp"

namespace xib {

// He et al. 2016, section 4.2, n = 3: 6n + 2 = 20 layers.
Network resnet20(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, norm_of(options));
  net.conv(scaled(16, options), 3);
  net.norm();
  net.relu();
  for (const int channels : {16, 32, 64})
    for (int block = 0; block < 3; ++block) net.residual_block(scaled(channels, options), block == 0 && channels != 16 ? 2 : 1, options.shortcut);
  net.average_pool();
  return std::move(net).classify();
}

}  // namespace xib
