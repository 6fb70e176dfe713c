#include "harness/task/models/models.hpp"

namespace xib {

// He et al. 2016, section 4.2, n = 3: 6n + 2 = 20 layers.
Network resnet20(const Term&, const ModelOptions& options, const ImageShape& input, int classes) {
  return residual_network({16, 32, 64}, 3, options.shortcut, options, input, classes);
}

}  // namespace xib
