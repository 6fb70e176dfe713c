#include "harness/job/run_side_by_side.hpp"

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/job/driven.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/run_files.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/session.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>

namespace xib {
namespace {

std::string words_for(Outcome outcome) {
  if (outcome.standing == Standing::elsewhere) return "left to another process";
  return outcome == outcome_before(Standing::finished) ? "was complete" : std::string(name_of(outcome.standing));
}

std::string score_in(const std::string& result) try {
  return final_text(read_run_header(result).summary);
} catch (const Error&) {  // it was there when its process ended; who took it away since is no reason to stop
  return "";
}

std::optional<Heartbeat> heartbeat_in(const std::string& path) try {
  return read_heartbeat(path);
} catch (const Error&) {  // `xibench status` names it; the run's next one replaces it
  return std::nullopt;
}

// The processes of one list of runs. Whatever happens, none of them outlives it.
class SideBySide {
 public:
  SideBySide(const Plan& plan, const std::vector<const PlannedRun*>& runs, const SideBySideOptions& options)
      : plan_(plan), runs_(runs), options_(options), progress_(options.style, static_cast<int>(runs.size())) {
    become_driver();
  }
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
    if (next_ < runs_.size()) ++tally_.interrupted;
    for (const auto* run : left_)
      if (const auto found = look(*run)) tally_.add(*found == Standing::missing ? Outcome{Standing::elsewhere} : outcome_before(*found));
    return tally_;
  }

 private:
  RunFiles files(const PlannedRun& run) const { return run_files(options_.out, plan_.sweep.name, run.id); }

  // A run of a later stage waits until the earlier stage has ended: it needs its results.
  bool may_begin() const {
    return next_ < runs_.size() && std::ssize(running_) < options_.jobs && stop_signal() == 0 &&
           (running_.empty() || runs_[next_]->stage == running_.begin()->second->stage);
  }

  // Finished, diverged or missing; nullopt: a file that is no result and must not be touched. It fails its run, and keeps no other from running.
  std::optional<Standing> look(const PlannedRun& run) try {
    return clean_if_settled(files(run), run.id).value_or(Standing::missing);
  } catch (const Error& error) {
    notify("xibench: run {}: {}\n", run.id, error.what());
    tally_.add_failure(error.fault() == Fault::input);
    return std::nullopt;
  }

  void begin(const PlannedRun& run) {
    const auto found = look(run);
    if (!found) return;
    if (*found == Standing::missing) {
      const int gpu = free_gpu(run);
      const pid_t child = spawn_run(run, {.threads = options_.threads, .again = retried_[&run] > 0, .gpu = gpu, .sets = options_.sets}, options_.drivers_own);
      running_.emplace(child, &run);
      if (gpu >= 0) gpu_of_[child] = gpu;
      return;
    }
    tally_.add(outcome_before(*found));
    progress_.skip();
  }

  // The GPU for a run that wants one, on which the fewest are under way; negative: it wants none.
  int free_gpu(const PlannedRun& run) const {
    if (run.config.train.device == "cpu") return -1;
    const auto load = [&](int gpu) { return std::count_if(gpu_of_.begin(), gpu_of_.end(), [&](const auto& child) { return child.second == gpu; }); };
    const auto& gpus = options_.gpus;
    return gpus.empty() ? -1 : *std::min_element(gpus.begin(), gpus.end(), [&](int a, int b) { return load(a) < load(b); });
  }

  // Progress of the running ones.
  void tell() {
    if (!progress_.is_due()) return;
    std::vector<SideBySideProgress::Running> now;
    for (const auto& [child, run] : running_) {
      const auto beat = heartbeat_in(files(*run).heartbeat);
      if (beat && beat->pid == child && beat->steps > 0) now.push_back({label(*run), beat->step, beat->steps, beat->eta_s});
    }
    progress_.tell(now);
  }

  void look_after() {
    for (const auto& [child, run] : running_) {  // each by name: this process may have children that it did not start (a shell's that became it)
      int status = 0;
      const pid_t pid = waitpid(child, &status, WNOHANG);  // not for good: a stop signal has to be passed on, and may come between any two lines
      if (pid < 0 && errno != EINTR) fail("waitpid: {}", std::strerror(errno));
      if (pid <= 0) continue;
      const PlannedRun& its = *run;
      gpu_of_.erase(child);
      running_.erase(child);
      return ended(its, status);
    }
    if (stop_signal() != passed_on_) {
      passed_on_ = stop_signal();
      for (const auto& [child, run] : running_) kill(child, passed_on_);
    }
    tell();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  // Counts a run as its process reports it. A process without a report was stopped too early, could not do the run, or was killed; its result may still be
  // there.
  void ended(const PlannedRun& run, int status) {
    const int by_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(Fault::work);
    if (const auto outcome = outcome_from_exit_status(code)) return count(run, *outcome);
    if (by_signal && by_signal == passed_on_) return count(run, {Standing::interrupted});
    const auto found = look(run);
    if (!found) return;
    if (has_result(*found)) return count(run, outcome_before(*found));
    if (Lease::held_by(files(run).lease)) return count(run, {Standing::elsewhere});
    const bool bad_input = code == static_cast<int>(Fault::input);
    const std::string how = by_signal ? fmt::format("was killed by signal {}", by_signal) : fmt::format("failed with status {}", code);
    if (!bad_input && retried_[&run] < options_.retries && stop_signal() == 0) {
      notify("xibench: run {} ({}) {}\n", run.id, label(run), how);
      say_retry(run, ++retried_[&run], options_.retries);
      return begin(run);
    }
    tally_.add_failure(bad_input);
    say_ended(run, how);
  }

  void count(const PlannedRun& run, Outcome outcome) {
    if (outcome.standing == Standing::elsewhere)
      left_.push_back(&run);
    else
      tally_.add(outcome);
    const std::string score = outcome == Outcome{Standing::finished} ? score_in(files(run).result) : "";
    say_ended(run, words_for(outcome) + (score.empty() ? "" : ", " + score));
  }

  void say_ended(const PlannedRun& run, const std::string& how) { progress_.ended(fmt::format("run {} ({}) {}", run.id, label(run), how)); }

  const Plan& plan_;
  const std::vector<const PlannedRun*>& runs_;
  const SideBySideOptions& options_;
  std::map<const PlannedRun*, int> retried_;
  std::map<pid_t, const PlannedRun*> running_;
  std::map<pid_t, int> gpu_of_;
  std::vector<const PlannedRun*> left_;  // to other processes
  SideBySideProgress progress_;
  Tally tally_;
  std::size_t next_ = 0;
  int passed_on_ = 0;  // the signal that the processes have been sent
};

}  // namespace

Tally run_side_by_side(const Plan& plan, const std::vector<const PlannedRun*>& runs, const SideBySideOptions& options) {
  return SideBySide(plan, runs, options).run();
}

}  // namespace xib
