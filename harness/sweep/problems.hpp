#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "harness/core/problems.hpp"

namespace xib {

// "[train] nodes = 9 is odd" and "[train] nodes: is odd" begin with a key as it stands in a file; "train.nodes: 9 is odd" is how a
// line of Problems has it. Any other message is left as it is.
inline std::string dotted(const std::string& message) {
  const auto bracket = message.starts_with('[') ? message.find("] ") : std::string::npos;
  if (bracket == std::string::npos) return message;
  const auto end = std::min(message.find_first_of(": ", bracket + 2), message.size());
  const std::string key = fmt::format("{}.{}", message.substr(1, bracket - 1), message.substr(bracket + 2, end - bracket - 2));
  const std::string_view rest = std::string_view(message).substr(end);
  for (const std::string_view between : {" = ", ": "})
    if (rest.starts_with(between)) return fmt::format("{}: {}", key, rest.substr(between.size()));
  return message;
}

// A message "some.key: ..." belongs to the line that set the key, else to the file.
inline std::string located(const std::string& message, const std::map<std::string, std::string>& origins, const std::string& path) {
  const std::string line = dotted(message);
  const auto origin = origins.find(line.substr(0, line.find(':')));
  return fmt::format("{}: {}", origin == origins.end() ? path : origin->second, line);
}

}  // namespace xib
