#include "harness/task/models/models.hpp"

namespace xib {

// Configuration A of Simonyan and Zisserman 2015 with the two hidden layers of 512 units that take the place of 4096 on 32x32 images, as in the study of
// RelaySGD (Vogels et al. 2021), which trains it without norm. Without dropout: a gradient is a function of model and batch.
Network vgg11(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  NetworkBuilder net(input, classes, norm_of(options));
  const auto conv = [&](int channels) {
    net.conv(scaled(channels, options), 3);
    net.norm();
  };
  for (const int channels : {64, 128, 256, 512, 512}) {
    if (channels >= 256) {
      conv(channels);
      net.relu();
    }
    conv(channels);
    net.max_pool();  // before the ReLU, as in cnn.cpp: the same values
    net.relu();
  }
  for (int layer = 0; layer < 2; ++layer) net.hidden(scaled(512, options));
  return std::move(net).classify();
}

}  // namespace xib
