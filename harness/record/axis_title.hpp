#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace xib {

// What viewers of NeXus files write on the axis of a dataset: "consensus distance", "mix (s)" for /steps/mix_s.
inline std::string axis_title(std::string_view path, std::string_view units) {
  std::string title(path.substr(path.rfind('/') + 1)), unit(units);
  std::ranges::replace(title, '_', ' ');
  if (unit.empty() || unit == "1") return title;
  if (title.ends_with(" " + unit)) title.resize(title.size() - unit.size() - 1);
  return title + " (" + unit + ")";
}

}  // namespace xib
