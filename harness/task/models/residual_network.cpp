#include "harness/task/models/models.hpp"

namespace xib {

Network residual_network(std::initializer_list<int> channels, int blocks, const std::string& shortcut, const ModelOptions& options, const ImageShape& input,
                         int classes) {
  NetworkBuilder net(input, classes, norm_of(options));
  net.conv(scaled(*channels.begin(), options), 3);
  net.norm();
  net.relu();
  for (const int width : channels)
    for (int block = 0; block < blocks; ++block) net.residual_block(scaled(width, options), block == 0 && width != *channels.begin() ? 2 : 1, shortcut);
  net.average_pool();
  return std::move(net).classify();
}

}  // namespace xib
