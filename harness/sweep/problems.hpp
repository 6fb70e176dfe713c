#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.hpp"

namespace xib {

// A message "some.key: ..." belongs to the line that set the key, else to the file.
inline std::string located(const std::string& message, const std::map<std::string, std::string>& origins, const std::string& path) {
  const auto origin = origins.find(message.substr(0, message.find(':')));
  return fmt::format("{}: {}", origin == origins.end() ? path : origin->second, message);
}

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
