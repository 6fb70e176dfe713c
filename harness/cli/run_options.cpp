#include "harness/cli/run_options.hpp"

#include <CLI/CLI.hpp>
#include <cmath>

#include "harness/cli/selection.hpp"
#include "harness/core/check.hpp"
#include "harness/core/problems.hpp"
#include "harness/job/progress.hpp"
#include "harness/task/way.hpp"

namespace xib {
namespace {

bool is_empty(const Selection& s) { return s.index.empty() && s.id.empty() && s.where.empty() && s.stage == 0; }

}  // namespace

void check_flags(const RunOptions& o) {
  Problems problems;
  problems.attempt([&] { progress_style(o.progress); });
  problems.attempt([&] { parse_way(o.way); });
  problems.attempt([&] { require(o.jobs >= 1, Key{"--jobs"}, "{} is less than 1", o.jobs); });
  problems.attempt([&] { require(o.retries >= 0, Key{"--retries"}, "{} is less than 0", o.retries); });
  problems.attempt([&] { require(!(o.all && !is_empty(o.selection)), Key{"--all"}, "cannot be combined with a selection of runs: give one of them"); });
  problems.attempt([&] {
    require(!o.until_decided || (is_empty(o.selection) && !o.all && !o.check), Key{"--until-decided"},
            "chooses its runs itself: leave out the selection of runs, --all and --check");
  });
  problems.attempt([&] {
    require(o.until_decided || (!o.max_seeds && !o.max_hours), Key{"--until-decided"},
            "is missing: --max-seeds and --max-hours are its budget; add it, or leave them out");
  });
  problems.attempt(
      [&] { require(!o.max_hours || (*o.max_hours > 0 && *o.max_hours < 1e6), Key{"--max-hours"}, "{} is no number of hours", o.max_hours.value_or(0)); });
  for (const auto& [flag, number] : {std::pair{"--ranks", o.shape.ranks},
                                     {"--ranks-per-node", o.shape.ranks_per_node},
                                     {"--runs-at-once", o.shape.at_once},
                                     {"--processors-per-node", o.shape.processors}})
    problems.attempt([&] { require(!number || *number >= 1, Key{flag}, "{} is less than 1", *number); });
  problems.attempt([&] {
    require(
        o.check || !o.shape.is_given(), Key{"--check"},
        "is missing: --ranks, --ranks-per-node, --runs-at-once, --processors-per-node and --memory-per-node describe a later job to --check. A run has the ranks that mpirun "
        "or srun starts, and the memory of its machine; leave them out, or add --check");
  });
  problems.throw_if_any();
}

void check_machine(const RunOptions& o) {
  Problems problems;
  for (const auto& [flag, minutes] : {std::pair{"--checkpoint-minutes", o.checkpoint_minutes}, {"--stall-minutes", o.stall_minutes}})
    problems.attempt([&] { require(minutes >= 0 && std::isfinite(minutes), Key{flag}, "{} is not a number of minutes", minutes); });
  problems.throw_if_any();
}

void add_run_options(CLI::App& command, const std::shared_ptr<RunOptions>& o) {
  const auto drivers_own = [o](CLI::Option* option) {  // not for the processes that --jobs starts
    o->drivers_own.push_back({option->get_name(), option->get_items_expected_max() > 0});
    return option;
  };
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  command.add_option("--out", o->out, "results directory; writes each run to OUT/<sweep name>/<id>.h5")->capture_default_str();
  for (CLI::Option* option : add_selection(command, o->selection)) drivers_own(option);
  drivers_own(command.add_flag("--all", o->all, "do all unfinished runs of the plan (default without a selection)"));
  drivers_own(command.add_flag("--until-decided", o->until_decided,
                               "adds seeds to the arms whose verdict or contrast is open, at the looks that the sweep plans (looks = [...]), until none is"));
  drivers_own(command.add_option("--max-seeds", o->max_seeds, "with --until-decided: no look at more seeds than this"));
  drivers_own(command.add_option("--max-hours", o->max_hours, "with --until-decided: stops after so many hours, with checkpoints"));
  add_overrides(command, o->sets);
  command
      .add_option("--kept", o->kept,
                  "kept file (xibench gap --keep): its runs count as results and are not done again, so a sweep can go on without the run files; repeatable")
      ->allow_extra_args(false);
  drivers_own(command.add_option("--threads", o->threads, "threads per rank (default: the processors of this process)"));
  add_device(command, o->device, o->way);
  command.add_option("--data", o->data, "directory of the data set (default: XIBENCH_DATA/<data set>, or the folder of its package)");
  command.add_flag("--no-resume", o->no_resume, "ignore checkpoints and start over");
  command.add_option("--checkpoint-minutes", o->checkpoint_minutes, "minutes between checkpoints")->capture_default_str();
  command.add_option("--stall-minutes", o->stall_minutes, "minutes without progress after which the run ends and names the waiting ranks; 0: never")
      ->capture_default_str();
  drivers_own(command.add_option("--jobs", o->jobs, "parallel runs on this machine, each in its own process; with --device cuda spread over its GPUs"))
      ->capture_default_str();
  drivers_own(command.add_option("--retries", o->retries, "how often to try a failed run again (with --jobs also a killed one); never after bad input"))
      ->capture_default_str();
  drivers_own(command.add_flag("--no-summary", o->no_summary, "omit the last line, which counts the runs"));
  drivers_own(command.add_option("--progress", o->progress, "auto, terminal, plain or none"))->capture_default_str();
  command.add_flag("--check", o->check, "check everything that could stop these runs, and run nothing: exit status 0, or 2 with all problems in one message");
  command.add_option("--ranks", o->shape.ranks, "with --check: ranks of every run (default: as many as mpirun or srun started)");
  command.add_option("--ranks-per-node", o->shape.ranks_per_node, "with --check: ranks of a run on one machine (default: all of them)");
  command.add_option("--processors-per-node", o->shape.processors, "with --check: processors of a machine that the threads may use");
  command.add_option("--memory-per-node", o->shape.memory, "with --check: memory of a machine, such as 64G (default: what this process may use here)");
  command.add_option("--runs-at-once", o->shape.at_once,
                     "with --check: runs of all jobs together, which need room for checkpoints at the same time (default: --jobs)");
}

}  // namespace xib
