#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"

namespace xib {

// Collection of all problems of an input, so that one message can report them together.
class Problems {
 public:
  void add(Problem problem) {
    for (std::string* part : {&problem.file, &problem.key, &problem.message}) *part = printable(*part);  // a newline that the input holds would make two of one
    if (std::find(all_.begin(), all_.end(), problem) == all_.end()) all_.push_back(std::move(problem));
  }
  void add(std::string_view file, std::string_view key, std::string_view message) {
    add({.file = std::string(file), .key = std::string(key), .message = std::string(message)});
  }
  void add(Key key, std::string_view message) { add("", key.name, message); }
  // Collects the refusals of `part` and continues.
  template <class Part>
  void attempt(Part&& part) {
    attempt(Key{}, std::forward<Part>(part));
  }
  // The same; refusals without a key get `key` (with_key in check.hpp).
  template <class Part>
  void attempt(Key key, Part&& part) {
    try {
      part();
    } catch (const Error& error) {
      if (error.fault() != Fault::input) throw;
      for (const Problem& problem : with_key(error.problems(), key)) add(problem);
    }
  }
  bool empty() const { return all_.empty(); }
  const std::vector<Problem>& all() const { return all_; }
  void throw_if_any() const {
    if (!empty()) throw Error(Fault::input, all_);
  }

 private:
  std::vector<Problem> all_;
};

}  // namespace xib
