#include "harness/task/networks.hpp"

namespace xib {

const Networks& networks() { return xibench_networks; }

}  // namespace xib
