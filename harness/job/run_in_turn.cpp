#include "harness/job/run_in_turn.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/job/run_files.hpp"

#include <exception>
#include <optional>
#include <string>

namespace xib {
namespace {

class InTurn {
 public:
  InTurn(const Plan& plan, const GpuRanks& gpu, const Execution& execution, int retries, ProgressLine& progress)
      : plan_(plan), gpu_(gpu), execution_(execution), retries_(retries), progress_(progress) {}

  Tally run(const std::vector<const PlannedRun*>& runs) {
    std::vector<const PlannedRun*> left;  // to other processes
    for (const auto* run : runs) {
      progress_.begin(label(*run));
      const auto outcome = bring_to_end(*run);
      if (!outcome) continue;
      if (outcome->standing == Standing::elsewhere)
        left.push_back(run);
      else
        tally_.add(*outcome);
      if (outcome->standing == Standing::interrupted) return tally_;
    }
    for (const auto* run : left) tally_.add(look_again(*run));
    return tally_;
  }

 private:
  std::optional<Outcome> bring_to_end(const PlannedRun& run) {  // nullopt: it failed
    Execution execution = execution_;
    execution.machine.device = gpu_.device(run);
    execution.gpu = gpu_.description(run);
    for (int retry = 0;; execution.resume = true) try {
        return execute(plan_, run, gpu_.communicator(run), execution, progress_);
      } catch (const std::exception& error) {
        const auto* known = dynamic_cast<const Error*>(&error);
        if (!(known && known->on_all_ranks()) && gpu_.world().size() > 1) throw;
        const bool bad_input = known && known->fault() == Fault::input;
        say_failure(run, error.what());
        if (retry == retries_ || bad_input) {
          tally_.add_failure(bad_input);
          return std::nullopt;
        }
        ++retry;
        if (first()) say_retry(run, retry, retries_);
      }
  }

  void say_failure(const PlannedRun& run, const std::string& error) {
    const bool is_same = error == last_error_;  // a data set that is missing is missing for all
    last_error_ = error;
    if (first()) notify("xibench: run {} ({}): {}\n", run.id, label(run), is_same ? "the same" : error);
  }

  Outcome look_again(const PlannedRun& run) {
    return from_rank_0<Outcome>(gpu_.world(), [&] {
      const auto standing = clean_if_settled(run_files(execution_.out, plan_.sweep.name, run.id), run.id);
      return standing ? outcome_before(*standing) : Outcome{Standing::elsewhere};
    });
  }

  bool first() const { return gpu_.world().rank() == 0; }

  const Plan& plan_;
  const GpuRanks& gpu_;
  const Execution& execution_;
  int retries_;
  ProgressLine& progress_;
  std::string last_error_;
  Tally tally_;
};

}  // namespace

Tally run_in_turn(const Plan& plan, const std::vector<const PlannedRun*>& runs, const GpuRanks& gpu, const Execution& execution, int retries,
                  ProgressLine& progress) {
  return InTurn(plan, gpu, execution, retries, progress).run(runs);
}

}  // namespace xib
