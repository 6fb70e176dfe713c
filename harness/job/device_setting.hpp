#pragma once

#include <string>
#include <vector>

namespace xib {

// Overrides of --set, followed by train.device as --device sets it; kind "": no --device was given.
inline std::vector<std::string> with_device(std::vector<std::string> sets, const std::string& kind) {
  if (!kind.empty()) sets.push_back("train.device=\"" + kind + "\"");
  return sets;
}

}  // namespace xib
