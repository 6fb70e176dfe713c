#include "harness/task/models/models.hpp"

namespace xib {

Network cnn(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, norm_of(options));
  for (const int channels : {8, 16, 32}) {
    net.conv(scaled(channels, options), 3);
    net.norm();
    net.max_pool();  // before the ReLU, which then has a quarter of the work: the largest of a window is the same, and so is its gradient
    net.relu();
  }
  return std::move(net).classify();
}

}  // namespace xib
