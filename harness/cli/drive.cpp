#include "harness/cli/drive.hpp"

#include "harness/core/check.hpp"
#include "harness/run/session.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
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
    if (word == "--all") continue;
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
  for (auto more : {fmt::format("--id={}", run.id), fmt::format("--threads={}", threads), std::string("--progress=none")}) words.push_back(std::move(more));
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int problem = posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (problem != 0) fail("cannot start a process for run {}: {}", run.id, std::strerror(problem));
  return pid;
}

}  // namespace

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
    if (interrupted) text += ", interrupted with a checkpoint: run again to go on";
    fmt::print(stderr, "xibench: {}\n", text);
  }
  if (interrupted) return static_cast<int>(Fault::interrupted);
  return tally.failed || diverged ? static_cast<int>(Fault::work) : 0;
}

int run_side_by_side(const std::string& out, const Plan& plan, const std::vector<const PlannedRun*>& runs, int jobs, int threads) {
  install_stop_signals();
  std::map<pid_t, const PlannedRun*> running;
  Tally tally;
  std::size_t next = 0;
  int passed_on = 0;  // the signal that the processes have been sent
  const auto stage_of_running = [&] { return running.empty() ? 0 : running.begin()->second->stage; };
  while (next < runs.size() || !running.empty()) {
    // A run of a later stage waits until the earlier stage has ended: it needs its results.
    const bool may_start = next < runs.size() && std::ssize(running) < jobs && stop_signal() == 0 && (running.empty() || runs[next]->stage == stage_of_running());
    if (may_start && is_complete(run_files(out, plan.sweep.name, runs[next]->id), runs[next]->id)) {
      ++tally[Executed::was_complete];
      ++next;
      continue;
    }
    if (may_start) {
      running.emplace(start(*runs[next], threads), runs[next]);
      ++next;
      continue;
    }
    if (running.empty()) break;
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);  // not for good: a stop signal has to be passed on, and may come between any two lines
    if (pid < 0 && errno != EINTR) fail("waitpid: {}", std::strerror(errno));
    if (pid <= 0) {
      if (stop_signal() != passed_on) {
        passed_on = stop_signal();
        for (const auto& [child, run] : running) kill(child, passed_on);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    const PlannedRun& run = *running.at(pid);
    running.erase(pid);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(Fault::work);
    const bool has_result = std::filesystem::exists(run_files(out, plan.sweep.name, run.id).result);
    if (code == 0)
      ++tally[has_result ? Executed::finished : Executed::elsewhere];
    else if (code == static_cast<int>(Fault::interrupted))
      ++tally[Executed::interrupted];
    else
      has_result ? ++tally[Executed::diverged] : ++tally.failed;
    if (WIFSIGNALED(status)) fmt::print(stderr, "xibench: run {} was killed by signal {}; its checkpoint is kept\n", run.id, WTERMSIG(status));
    fmt::print(stderr, "xibench: [{}/{}] run {} ended with status {}\n", next - running.size(), runs.size(), run.id, code);
  }
  if (next < runs.size()) ++tally[Executed::interrupted];
  return report(tally, runs.size(), true);
}

}  // namespace xib
