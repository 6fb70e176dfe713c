#include "harness/job/check_run.hpp"

#include "datasets/dataset.hpp"
#include "harness/core/limits.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/problems.hpp"
#include "harness/job/execute.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/run_size.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"
#include "harness/task/problems.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

namespace xib {
namespace {

std::string some_runs(std::size_t count, const PlannedRun& one) {
  return fmt::format("{} run{}, {}{} (index {})", count, count == 1 ? "" : "s", count == 1 ? "" : "as ", one.id, one.index);
}

class Check {
 public:
  Check(const CheckedRuns& asked, const std::function<void()>& check_flags) : asked_(asked) {
    attempt([&] { check_flags(); });
    attempt([&] { plan_ = make_plan(asked_.spec, asked_.sets, vocabulary()); });
    if (plan_) attempt([&] { selected_ = select(*plan_, asked_.selection); });
    attempt([&] { check_directory(); });
    attempt([&] { kept_ = read_kept_files(asked_.kept); });
    find_missing();
    check_ranks();
    check_threads();
    check_data();
    check_references();
    attempt([&] { check_memory(); });
    check_room();
  }

  void end() const {
    problems_.throw_if_any();
    notify("xibench: checked {} run{}, {} complete: the others can run. They need up to {} of memory on a machine and {} on disk. Nothing was run\n",
           selected_.size(), selected_.size() == 1 ? "" : "s", selected_.size() - missing_.size(), bytes_text(memory_), bytes_text(disk_));
  }

 private:
  // A file that cannot be read (Fault::work) stops a run as much as one that is wrong.
  template <class Part>
  void attempt(Part&& part) {
    try {
      problems_.attempt(part);
    } catch (const std::exception& error) {
      problems_.add(Key{}, error.what());
    }
  }

  RunFiles files(const std::string& id) const { return run_files(asked_.out, plan_->sweep.name, id); }

  // The folder that is there and in which the first missing one would be made.
  void check_directory() {
    if (asked_.out.empty()) return;  // said by the flags
    std::filesystem::path folder = std::filesystem::absolute(plan_ ? asked_.out + "/" + plan_->sweep.name : asked_.out);
    std::error_code unknown;
    while (folder.has_relative_path() && !std::filesystem::exists(std::filesystem::symlink_status(folder, unknown))) folder = folder.parent_path();
    require(std::filesystem::is_directory(folder, unknown), Key{"--out"}, "{} is not a directory, so {} cannot be made there: choose another with --out",
            folder.string(), asked_.out);
    require(access(folder.c_str(), W_OK | X_OK) == 0, Key{"--out"}, "{} cannot be written to: {}: choose another with --out, or ask for the right to write",
            folder.string(), std::strerror(errno));
  }

  // A damaged result is done again; one that cannot be read, or is another's, has to be looked at by a person.
  bool is_complete(const PlannedRun& run) {
    if (const auto kept = kept_.find(run.id); kept != kept_.end()) {
      if (kept->second.header.outcome != Standing::finished) without_distance_.insert(run.id);
      return true;
    }
    const std::string path = files(run.id).result;
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown)) return false;
    try {
      const RunHeader header = read_run_header(path);
      if (header.run_id != run.id) problems_.add(path, "", fmt::format("holds another run ({}) than its name says: move it away", header.run_id));
      if (header.outcome != Standing::finished) without_distance_.insert(run.id);
      return true;
    } catch (const NewerRunFile& error) {
      problems_.add(Key{}, error.what());
    } catch (const Error& error) {
      if (error.fault() == Fault::work || access(path.c_str(), R_OK) != 0) problems_.add(Key{}, error.what());
    }
    return false;
  }

  void find_missing() {
    for (const auto* run : selected_)
      if (!is_complete(*run)) missing_.push_back(run);
  }

  void add_for_key(const PlannedRun& run, std::string key, std::string message) {
    problems_.add(located({.file = "", .key = std::move(key), .message = std::move(message)}, run.origins, plan_->sweep.path));
  }

  void check_ranks() {
    std::map<std::int64_t, std::vector<const PlannedRun*>> too_small;
    for (const auto* run : missing_)
      if (asked_.ranks > run->config.train.nodes) too_small[run->config.train.nodes].push_back(run);
    for (const auto& [nodes, runs] : too_small)
      add_for_key(*runs.front(), "train.nodes",
                  fmt::format("{} nodes cannot be spread over {} ranks (a rank without a node would idle; {}); start at most {} ranks", nodes, asked_.ranks,
                              some_runs(runs.size(), *runs.front()), nodes));
  }

  void check_threads() {
    const int wanted = asked_.threads * std::min(asked_.ranks_per_node, asked_.ranks) * asked_.jobs;
    if (const auto has = asked_.shape.processors; has && wanted > *has)
      problems_.add(
          Key{"--threads"},
          fmt::format("{} threads x {} ranks x {} runs side by side are {} on a machine of {} processors (--processors-per-node); take fewer --threads, "
                      "--ranks-per-node or --jobs",
                      asked_.threads, std::min(asked_.ranks_per_node, asked_.ranks), asked_.jobs, wanted, *has));
  }

  // Every set once, read as a run reads it.
  void check_data() {
    std::set<std::string> seen;
    for (const auto* run : missing_) {
      const Term term = Term::parse(run->config.data.dataset);
      if (find_problem(term.name) || !seen.insert(run->config.data.dataset).second) continue;
      try {
        load_dataset(term, asked_.data);
      } catch (const std::exception& error) {
        add_for_key(*run, "data.dataset", error.what());
      }
    }
  }

  // A run needs the results of others: they are there, or among those that are asked for.
  void check_references() {
    std::map<std::string, std::vector<const PlannedRun*>> absent, useless;
    for (const auto* run : missing_)
      for (const auto& id : run->needs) {
        const auto its = std::find_if(plan_->runs.begin(), plan_->runs.end(), [&](const PlannedRun& other) { return other.id == id; });
        const bool is_chosen = std::any_of(selected_.begin(), selected_.end(), [&](const PlannedRun* other) { return other->id == id; });
        const bool is_there = is_chosen || (its != plan_->runs.end() && is_complete(*its));
        if (without_distance_.contains(id))
          useless[id].push_back(run);
        else if (!is_there)
          absent[id].push_back(run);
      }
    for (const auto& [id, runs] : absent)
      problems_.add(files(id).result, "",
                    fmt::format("has not been run (its consensus distance is the unit of {}); choose that run too, for example with --all, or run it first",
                                some_runs(runs.size(), *runs.front())));
    for (const auto& [id, runs] : useless)
      problems_.add(
          files(id).result, "",
          fmt::format(
              "diverged, so its consensus distance is meaningless (it is the unit of {}); change that run's settings, or leave out the runs that need it",
              some_runs(runs.size(), *runs.front())));
  }

  void check_memory() {
    Limit has = memory_limit();
    if (!asked_.shape.memory.empty()) has = {parse_bytes(asked_.shape.memory, "--memory-per-node"), "--memory-per-node"};
    const PlannedRun* largest = nullptr;
    std::size_t too_large = 0;
    const double together = std::min(asked_.ranks_per_node, asked_.ranks) * static_cast<double>(asked_.jobs);
    for (const auto* run : missing_) {
      const RunSize size = run_size(run->config, std::min<int>(asked_.ranks, static_cast<int>(run->config.train.nodes)), asked_.threads);
      const double driver = asked_.jobs > 1 ? size.program : 0;                                                   // a process more, which starts the others
      const double on_machine = size.libraries + driver + asked_.jobs * size.record + together * size.of_rank();  // one rank of a run keeps the record
      too_large += on_machine > has.value;
      if (on_machine > memory_) largest = run, memory_ = on_machine, size_ = size;
      disk_ += size.result;
      checkpoints_.push_back(2 * size.checkpoint + size.rows);  // it, the one before it, and the rows of both
    }
    if (too_large == 0) return;
    add_for_key(
        *largest, "train.nodes",
        fmt::format(
            "memory of up to {} on a machine is needed ({} rank{} x {} run{}; a rank {}; {}), and {} is {}; take more memory (--memory-per-node), fewer --jobs or "
            "--threads, or more machines with fewer --ranks-per-node",
            bytes_text(memory_), std::min(asked_.ranks_per_node, asked_.ranks), asked_.ranks == 1 ? "" : "s", asked_.jobs,
            asked_.jobs == 1 ? "" : "s side by side", describe(size_), some_runs(too_large, *largest), has.source, bytes_text(has.value)));
  }

  void check_room() {
    std::sort(checkpoints_.rbegin(), checkpoints_.rend());
    const auto at_once = static_cast<std::size_t>(asked_.shape.at_once.value_or(asked_.jobs));
    for (std::size_t k = 0; k < std::min(at_once, checkpoints_.size()); ++k) disk_ += checkpoints_[k];
    const double room = asked_.out.empty() ? kNaN : room_for_files(asked_.out);
    if (disk_ > room)
      problems_.add(
          Key{"--out"},
          fmt::format("the results and checkpoints of {} run{} take up to {}, and {} has room for {}; free some space, or choose another directory with --out",
                      missing_.size(), missing_.size() == 1 ? "" : "s", bytes_text(disk_), asked_.out, bytes_text(room)));
  }

  const CheckedRuns& asked_;
  Problems problems_;
  std::optional<Plan> plan_;
  std::vector<const PlannedRun*> selected_, missing_;
  KeptRuns kept_;
  std::set<std::string> without_distance_;  // runs that are complete and diverged
  std::vector<double> checkpoints_;         // bytes, with the rows beside them
  double memory_ = 0, disk_ = 0;
  RunSize size_;
};

}  // namespace

void check_runs(const CheckedRuns& runs, const std::function<void()>& check_flags) { Check(runs, check_flags).end(); }

}  // namespace xib
