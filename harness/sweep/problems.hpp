#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.hpp"

namespace xib {

// Everything that is wrong with a sweep, so that one message can say it all. A line reads `where: key: problem; remedy`.
class Problems {
 public:
  void add(std::string_view where, std::string_view key, std::string_view problem) { add(fmt::format("{}: {}: {}", where, key, problem)); }
  void add(std::string line) {
    if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) lines_.push_back(std::move(line));
  }
  bool empty() const { return lines_.empty(); }
  void throw_if_any() const {
    if (!empty()) throw Error(Fault::input, fmt::format("{}", fmt::join(lines_, "\n")));
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace xib
