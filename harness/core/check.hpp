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

// The key of a sweep file that a message is about, as on the command line (--set train.nodes=8): train.nodes; or a flag: --jobs. "": none.
struct Key {
  std::string_view name;
};

// One thing that is wrong with what was given.
struct Problem {
  std::string file;     // where it stands: a path, path:line, --set or a variable of the environment; "": not known, or there is none
  std::string key;      // as in Key
  std::string message;  // PROBLEM (why it matters) REMEDY
  bool operator==(const Problem&) const = default;
};

// The one spelling of a problem: "file: key: message", without the parts that are empty.
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

// The same problems; `key` is that of those that carry none: their code does not know it, or has it in the text.
inline std::vector<Problem> with_key(std::vector<Problem> problems, Key key) {
  for (Problem& problem : problems) {
    if (!problem.key.empty()) continue;
    problem.key = key.name;
    if (const std::string begin = problem.key + ": "; problem.message.starts_with(begin)) problem.message.erase(0, begin.size());
  }
  return problems;
}

// what() has a line for each problem.
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
  // All ranks threw this together, so that they can go on together; else the ranks that did not throw have to be ended.
  bool on_all_ranks() const noexcept { return on_all_ranks_; }

 private:
  Fault fault_;
  bool on_all_ranks_;
  std::shared_ptr<const std::vector<Problem>> problems_;  // shared: an exception has to be copied without a failure
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

template <class... Args>
[[noreturn]] void refuse(Key key, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, {Problem{.file = "", .key = std::string(key.name), .message = fmt::format(format, std::forward<Args>(args)...)}});
}

// The same of a key of a file: `file` is a path, path:line, --set or a variable of the environment.
template <class... Args>
[[noreturn]] void refuse_in(const std::string& file, Key key, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Fault::input, {Problem{.file = file, .key = std::string(key.name), .message = fmt::format(format, std::forward<Args>(args)...)}});
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

template <class... Args>
void require(bool ok, Key key, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) refuse(key, format, std::forward<Args>(args)...);
}

}  // namespace xib
