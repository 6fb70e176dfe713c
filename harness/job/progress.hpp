#pragma once

#include "harness/run/session.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace xib {

enum class ProgressStyle { none, plain, terminal };

// "auto", "none", "plain", "terminal"; auto is terminal when stderr is one, else none. Throws Error(input) for others.
ProgressStyle progress_style(const std::string& name);

// Progress of a list of runs, on stderr for a person: run i of k, step, loss, Ξ, samples/s, remaining time of the run and of all.
class ProgressLine {
 public:
  ProgressLine(ProgressStyle style, int runs) : style_(style), runs_(runs) {}
  void begin(const std::string& run_label);
  void update(const Session::Progress& progress);
  void end(const std::string& how);  // one lasting line per run

 private:
  void print(const std::string& text, bool lasting);
  ProgressStyle style_;
  int runs_, run_ = 0;
  std::string label_;
  double begun_ = 0, finished_seconds_ = 0, last_print_ = 0;
};

// The same for runs side by side, each in its own process.
class SideBySideProgress {
 public:
  struct Running {
    std::string label;
    std::int64_t step = 0, steps = 0;
    double eta_s = 0;
  };
  SideBySideProgress(ProgressStyle style, int runs);
  bool is_due() const;  // true: it is time to call tell() again
  void tell(const std::vector<Running>& running);
  void ended(const std::string& how);  // one lasting line per run, in every style
  void skip() { --runs_; }             // a run that was complete before

 private:
  ProgressStyle style_;
  int runs_, ended_ = 0;
  double begun_, last_print_;
};

}  // namespace xib
