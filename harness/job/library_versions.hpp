#pragma once

#include <string>
#include <utility>
#include <vector>

namespace xib {

// Name and version of every library that this build is linked to; version "": built without it.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace xib
