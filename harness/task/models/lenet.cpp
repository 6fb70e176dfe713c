#include "harness/task/models/models.hpp"

namespace xib {

// LeNet as in the MNIST example of PyTorch that Horovod and BlueFog took over, without its dropout: a gradient is a function of model and batch.
Network lenet(const Term&, const ModelOptions&, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, Norm::none);
  for (const int channels : {10, 20}) {
    net.conv_inside(channels, 5);
    net.max_pool();
    net.relu();
  }
  net.hidden(50);
  return std::move(net).classify();
}

}  // namespace xib
