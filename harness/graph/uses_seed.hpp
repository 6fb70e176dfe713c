#pragma once

#include <string_view>

namespace xib {

// True if the matrices of a topology may depend on the seed; also true if the text is not a topology.
bool uses_seed(std::string_view topology);

}  // namespace xib
