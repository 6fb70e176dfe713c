#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace xib {

// Tells a person something on stderr, as fmt::print would, but never fails: who reads it may have gone, or its disk be full, and work of hours
// must not end for a line about it.
template <class... Args>
void notify(fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace xib
