#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xib {

// Kind of a failure; the value is the exit status of the program.
enum class Fault : int { work = 1, input = 2, interrupted = 75 };

// Subject of a message: a key of a sweep file as on the command line (train.nodes), or a flag (--jobs); "": none.
struct Key {
  std::string_view name;
};

// One problem of an input.
struct Problem {
  std::string file;     // place of the input: a path, path:line, --set or an environment variable; "": not known, or none
  std::string key;      // as in Key
  std::string message;  // PROBLEM (why it matters) REMEDY
  bool operator==(const Problem&) const = default;
};

// Text of a problem, "file: key: message", without empty parts; the only code that writes it.
inline std::string line_of(const Problem& problem) {
  std::string line;
  for (const std::string* part : {&problem.file, &problem.key, &problem.message})
    if (!part->empty()) line += (line.empty() ? "" : ": ") + *part;
  return line;
}

inline std::string lines_of(const std::vector<Problem>& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += (lines.empty() ? "" : "\n") + line_of(problem);
  return lines;
}

// The same problems; those without a key get `key`, because their code does not know it or has it in the text.
inline std::vector<Problem> with_key(std::vector<Problem> problems, Key key) {
  for (Problem& problem : problems) {
    if (!problem.key.empty()) continue;
    problem.key = key.name;
    if (const std::string begin = problem.key + ": "; problem.message.starts_with(begin)) problem.message.erase(0, begin.size());
  }
  return problems;
}

// Exception with one or more problems; what() has a line for each.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message, bool on_all_ranks = false)
      : Error(fault, {Problem{.file = "", .key = "", .message = message}}, on_all_ranks) {}
  Error(Fault fault, std::vector<Problem> problems, bool on_all_ranks = false)
      : std::runtime_error(lines_of(problems)),
        fault_(fault),
        on_all_ranks_(on_all_ranks),
        problems_(std::make_shared<const std::vector<Problem>>(std::move(problems))) {}
  Fault fault() const noexcept { return fault_; }
  const std::vector<Problem>& problems() const noexcept { return *problems_; }
  // True: all ranks threw this together, so they can go on together. False: the ranks that did not throw must be ended.
  bool on_all_ranks() const noexcept { return on_all_ranks_; }

 private:
  Fault fault_;
  bool on_all_ranks_;
  std::shared_ptr<const std::vector<Problem>> problems_;  // shared, because copying an exception must not fail
};

// Divergence: a loss or Ξ is no longer finite. All ranks throw it in the same step. The run ends there, and its record is kept.
class Diverged : public Error {
 public:
  explicit Diverged(const std::string& message) : Error(Fault::work, message, true) {}
};

// Refuses input: a sweep file, a flag, a data file, the environment (exit status 2).
template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void refuse(Key key, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, {Problem{.file = "", .key = std::string(key.name), .message = fmt::format(format, std::forward<Args>(args)...)}});
}

// Refuses a key of a file; `file` as in Problem.
template <class... Args>
[[noreturn]] void refuse_in(const std::string& file, Key key, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, {Problem{.file = file, .key = std::string(key.name), .message = fmt::format(format, std::forward<Args>(args)...)}});
}

// Reports work that could not be done: a full disk, an unreachable target, a lost rank (exit status 1).
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::work, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void require(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) throw Error(Fault::input, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void require(bool ok, Key key, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) refuse(key, format, std::forward<Args>(args)...);
}

}  // namespace xib
