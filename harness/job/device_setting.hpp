#pragma once

#include <string>
#include <vector>

namespace xib {

// The overrides of --set, and what --device says of train.device after them; "" says nothing.
inline std::vector<std::string> with_device(std::vector<std::string> sets, const std::string& kind) {
  if (!kind.empty()) sets.push_back("train.device=\"" + kind + "\"");
  return sets;
}

}  // namespace xib
