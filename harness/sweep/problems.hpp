#pragma once

#include "harness/core/problems.hpp"

#include <map>
#include <string>

namespace xib {

using Origins = std::map<std::string, std::string>;  // key -> file:line, --set, a variable

// Place where a key was set; if it is not known, the file.
inline const std::string& origin_of(const std::string& key, const Origins& origins, const std::string& path) {
  const auto origin = origins.find(key);
  return origin == origins.end() ? path : origin->second;
}

// Problem of a resolved run, with the place where its key was set.
inline Problem located(Problem problem, const Origins& origins, const std::string& path) {
  if (problem.file.empty()) problem.file = origin_of(problem.key, origins, path);
  return problem;
}

}  // namespace xib
