#include "harness/cli/drive.hpp"

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/lease.hpp"
#include "harness/run/session.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

extern char** environ;

namespace xib {
namespace {

// This process's own arguments, without those that select runs or start others.
std::vector<std::string> inherited_arguments() {
  std::ifstream in("/proc/self/cmdline");
  std::vector<std::string> all, kept;
  for (std::string word; std::getline(in, word, '\0');) all.push_back(word);
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string& word = all[k];
    if (word == "--all" || word == "--no-summary") continue;
    bool takes_value = false, drop = false;
    for (const std::string option : {"--jobs", "--index", "--id", "--where", "--stage", "--progress", "--threads"}) {
      if (word == option) takes_value = drop = true;
      if (word.starts_with(option + "=")) drop = true;
    }
    if (takes_value) ++k;
    if (!drop) kept.push_back(word);
  }
  return kept;
}

pid_t start(const PlannedRun& run, int threads) {
  std::vector<std::string> words = inherited_arguments();
  words.insert(words.end(), {fmt::format("--id={}", run.id), fmt::format("--threads={}", threads), "--progress=none", "--no-summary"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int problem = posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (problem != 0) fail("cannot start a process for run {}: {}", run.id, std::strerror(problem));
  return pid;
}

// The processes of one list of runs. Whatever happens, none of them outlives it.
class SideBySide {
 public:
  SideBySide(const std::string& out, const Plan& plan, const std::vector<const PlannedRun*>& runs, int jobs, int threads, ProgressStyle style)
      : out_(out), plan_(plan), runs_(runs), jobs_(jobs), threads_(threads), progress_(style, static_cast<int>(runs.size())) {}
  ~SideBySide() {
    for (const auto& [child, run] : running_) kill(child, SIGTERM);
    for (const auto& [child, run] : running_) waitpid(child, nullptr, 0);
  }
  SideBySide(const SideBySide&) = delete;
  SideBySide& operator=(const SideBySide&) = delete;

  Tally run() {
    while (next_ < runs_.size() || !running_.empty()) {
      if (may_begin())
        begin(*runs_[next_++]);
      else if (running_.empty())
        break;
      else
        look_after();
    }
    if (next_ < runs_.size()) ++tally_[Executed::interrupted];
    for (const auto* run : left_) {
      const Found found = find_result(files(*run), run->id);
      ++tally_[found == Found::nothing ? Executed::elsewhere : how_it_was(found)];
    }
    return tally_;
  }

 private:
  RunFiles files(const PlannedRun& run) const { return run_files(out_, plan_.sweep.name, run.id); }

  // A run of a later stage waits until the earlier stage has ended: it needs its results.
  bool may_begin() const {
    return next_ < runs_.size() && std::ssize(running_) < jobs_ && stop_signal() == 0 && (running_.empty() || runs_[next_]->stage == running_.begin()->second->stage);
  }

  void begin(const PlannedRun& run) {
    try {
      const Found found = find_result(files(run), run.id);
      if (found == Found::nothing) {
        running_.emplace(start(run, threads_), &run);
        return;
      }
      ++tally_[how_it_was(found)];
      progress_.passed_over();
    } catch (const Error& error) {  // one bad file must not keep the others from running
      notify("xibench: run {}: {}\n", run.id, error.what());
      ++tally_.failed;
      tally_.refused += error.fault() == Fault::input;
    }
  }

  // What the running ones say of themselves.
  void tell() {
    if (!progress_.is_due()) return;
    std::vector<SideBySideProgress::Running> now;
    for (const auto& [child, run] : running_) {
      const auto beat = read_heartbeat(files(*run).heartbeat);
      if (beat && beat->pid == child) now.push_back({label(*run), beat->step, beat->steps, beat->eta_s});
    }
    progress_.tell(now);
  }

  void look_after() {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);  // not for good: a stop signal has to be passed on, and may come between any two lines
    if (pid > 0) return ended(pid, status);
    if (pid < 0 && errno != EINTR) fail("waitpid: {}", std::strerror(errno));
    if (stop_signal() != passed_on_) {
      passed_on_ = stop_signal();
      for (const auto& [child, run] : running_) kill(child, passed_on_);
    }
    tell();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  void ended(pid_t pid, int status) {
    const PlannedRun& run = *running_.at(pid);
    running_.erase(pid);
    const int by_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(Fault::work);
    const bool has_result = std::filesystem::exists(files(run).result);
    if (code == 0)
      ++tally_[Executed::finished];
    else if (code == static_cast<int>(Fault::interrupted) || (by_signal && by_signal == passed_on_))  // so early that nobody caught it
      ++tally_[Executed::interrupted];
    else if (has_result)
      ++tally_[Executed::diverged];
    else if (Lease::held_by(files(run).lease))
      left_.push_back(&run);
    else
      ++tally_.failed, tally_.refused += code == static_cast<int>(Fault::input);
    const std::string how = by_signal ? fmt::format("killed by signal {}", by_signal) : fmt::format("ended with status {}", code);
    const double accuracy = code == 0 ? read_run_header(files(run).result).summary.final_test_accuracy : kNotMeasured;
    progress_.ended(fmt::format("run {} ({}) {}{}", run.id, label(run), how, std::isnan(accuracy) ? "" : fmt::format(", test accuracy {:.2f} %", accuracy)));
  }

  const std::string& out_;
  const Plan& plan_;
  const std::vector<const PlannedRun*>& runs_;
  int jobs_, threads_;
  std::map<pid_t, const PlannedRun*> running_;
  std::vector<const PlannedRun*> left_;  // to other processes
  SideBySideProgress progress_;
  Tally tally_;
  std::size_t next_ = 0;
  int passed_on_ = 0;  // the signal that the processes have been sent
};

}  // namespace

std::string label(const PlannedRun& run) {
  std::string text = run.variants.empty() || run.variants.front().empty() ? "" : run.variants.front() + ", ";
  for (const auto& [key, value] : run.varies) text += fmt::format("{} = {}, ", key, value);
  return text + fmt::format("seed {}", run.config.seed);
}

int report(const Tally& tally, std::size_t runs, bool print) {
  const auto count = [&](Executed how) {
    const auto it = tally.ended.find(how);
    return it == tally.ended.end() ? 0 : it->second;
  };
  const int diverged = count(Executed::diverged), interrupted = count(Executed::interrupted), elsewhere = count(Executed::elsewhere);
  if (print) {
    std::string text = fmt::format("{} run{}: {} done now, {} complete before", runs, runs == 1 ? "" : "s", count(Executed::finished), count(Executed::was_complete));
    if (elsewhere) text += fmt::format(", {} left to another process", elsewhere);
    if (diverged) text += fmt::format(", {} diverged (recorded as such)", diverged);
    if (tally.failed) text += fmt::format(", {} failed", tally.failed);
    if (interrupted) text += ", interrupted: run again to go on";
    notify("xibench: {}\n", text);
  }
  if (interrupted) return static_cast<int>(Fault::interrupted);
  if (tally.failed > 0 && tally.failed == tally.refused) return static_cast<int>(Fault::input);
  return tally.failed || diverged || elsewhere ? static_cast<int>(Fault::work) : 0;
}

Tally run_side_by_side(const std::string& out, const Plan& plan, const std::vector<const PlannedRun*>& runs, int jobs, int threads, ProgressStyle style) {
  return SideBySide(out, plan, runs, jobs, threads, style).run();
}

}  // namespace xib
