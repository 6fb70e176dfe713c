#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "harness/core/text.hpp"

namespace xib {

inline void to_stderr(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

// Tells a person something on stderr, as fmt::print would, but never fails: who reads it may have gone, or its disk be full, and work of hours
// must not end for a line about it. What the arguments bring of control characters is escaped.
template <class... Args>
void notify(fmt::format_string<Args...> format, Args&&... args) {
  to_stderr(printable_lines(fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace xib
