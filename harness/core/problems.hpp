#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"

namespace xib {

// Everything that is wrong with what was given, so that one message can say it all. A line reads `where: key: problem; remedy`.
class Problems {
 public:
  void add(std::string_view where, std::string_view key, std::string_view problem) { add(fmt::format("{}: {}: {}", where, key, problem)); }
  void add(std::string line) {
    line = printable(line);  // a newline that the input holds would make two problems of one
    if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) lines_.push_back(std::move(line));
  }
  // Collects the refusals of `part`, line by line, and continues.
  template <class Part>
  void attempt(Part&& part) {
    try {
      part();
    } catch (const Error& error) {
      if (error.fault() != Fault::input) throw;
      const std::string message = error.what();
      for (std::size_t from = 0; from <= message.size();) {
        const std::size_t end = std::min(message.find('\n', from), message.size());
        add(message.substr(from, end - from));
        from = end + 1;
      }
    }
  }
  bool empty() const { return lines_.empty(); }
  const std::vector<std::string>& lines() const { return lines_; }
  void throw_if_any() const {
    if (!empty()) throw Error(Fault::input, fmt::format("{}", fmt::join(lines_, "\n")));
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace xib
