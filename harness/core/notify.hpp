#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "harness/core/text.hpp"

namespace xib {

inline void to_stderr(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

// Prints to stderr as fmt::print would, but never fails: the terminal may be closed or the disk full, and hours of work must not end because of a line. Control
// characters in the arguments are escaped.
template <class... Args>
void notify(fmt::format_string<Args...> format, Args&&... args) {
  to_stderr(printable_lines(fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace xib
