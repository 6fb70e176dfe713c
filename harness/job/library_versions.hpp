#pragma once

#include <string>
#include <utility>
#include <vector>

namespace xib {

// Name and version of every library this build is linked to; "" where it is built without.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace xib
