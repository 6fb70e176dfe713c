#pragma once

#include <string_view>

namespace xib {

// Whether another seed may give a topology other matrices. True also for what is no topology.
bool uses_seed(std::string_view topology);

}  // namespace xib
