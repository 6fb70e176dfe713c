#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {

// A sweep file that lives as long as the object, in a directory of its own.
class SweepFile {
 public:
  explicit SweepFile(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "xibench-sweep-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    std::ofstream(path()) << text;
  }
  ~SweepFile() { std::filesystem::remove_all(directory_); }
  SweepFile(const SweepFile&) = delete;
  SweepFile& operator=(const SweepFile&) = delete;
  std::string path() const { return (directory_ / "t.toml").string(); }
  std::string directory() const { return directory_.string(); }

 private:
  std::filesystem::path directory_;
};

inline Plan plan_of(const std::string& text, const std::vector<std::string>& sets = {}, const Vocabulary& vocabulary = {}) {
  const SweepFile file(text);
  Plan plan = make_plan(file.path(), sets, vocabulary);
  return plan;
}

// The message of a plan that must be refused, the file's path written as t.toml; "" when it was not refused.
inline std::string refusal(const std::string& text, const std::vector<std::string>& sets = {}, const Vocabulary& vocabulary = {}) {
  const SweepFile file(text);
  try {
    make_plan(file.path(), sets, vocabulary);
  } catch (const Error& error) {
    if (error.fault() != Fault::input) return "not a fault of the input";
    std::string message = error.what();
    for (auto at = message.find(file.path()); at != std::string::npos; at = message.find(file.path())) message.replace(at, file.path().size(), "t.toml");
    return message;
  }
  return "";
}

// Sets a variable of the environment while it lives.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) { setenv(name_.c_str(), value.c_str(), 1); }
  ~Variable() { unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

}  // namespace xib
