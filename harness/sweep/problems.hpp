#pragma once

#include "harness/core/problems.hpp"

#include <map>
#include <string>

namespace xib {

// A problem of a resolved run stands where its key was set (key -> file:line, --set, a variable), else in the file.
inline Problem located(Problem problem, const std::map<std::string, std::string>& origins, const std::string& path) {
  const auto origin = origins.find(problem.key);
  if (problem.file.empty()) problem.file = origin == origins.end() ? path : origin->second;
  return problem;
}

}  // namespace xib
