#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace xib {

// Kind of a failure; the value is the exit status of the program.
enum class Fault : int { work = 1, input = 2, interrupted = 75 };

// A message reads: PROBLEM (why it matters) REMEDY. It names the file, key or flag at fault.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message, bool on_all_ranks = false) : std::runtime_error(message), fault_(fault), on_all_ranks_(on_all_ranks) {}
  Fault fault() const noexcept { return fault_; }
  // All ranks threw this together, so that they can go on together; else the ranks that did not throw have to be ended.
  bool on_all_ranks() const noexcept { return on_all_ranks_; }

 private:
  Fault fault_;
  bool on_all_ranks_;
};

// A loss, gradient or Ξ is no longer finite; all ranks see it in the same step. The run ends there, its record is kept.
class Diverged : public Error {
 public:
  explicit Diverged(const std::string& message) : Error(Fault::work, message, true) {}
};

// Refuses what came from outside: a spec, a flag, a data file, the environment (exit status 2).
template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, fmt::format(format, std::forward<Args>(args)...));
}

// Reports work that could not be done: a full disk, a diverged target, a lost rank (exit status 1).
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::work, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void require(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) throw Error(Fault::input, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace xib
