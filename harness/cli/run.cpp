#include "harness/cli/commands.hpp"
#include "harness/cli/selection.hpp"
#include "harness/comm/collective.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/problems.hpp"
#include "harness/job/check_run.hpp"
#include "harness/job/driven.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/gpu_ranks.hpp"
#include "harness/job/gpus_side_by_side.hpp"
#include "harness/job/portable_kernels.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/ranks.hpp"
#include "harness/job/run_in_turn.hpp"
#include "harness/job/run_side_by_side.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/run/session.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/select.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>

namespace xib {
namespace {

struct Options {
  std::string spec, out = "results", device, way = "auto", progress = "auto", data;
  std::vector<std::string> sets, kept;
  Selection selection;
  bool all = false, no_resume = false, no_summary = false, driven = false, check = false;
  JobShape shape;
  std::vector<DriversOption> drivers_own;
  std::optional<int> threads;
  int jobs = 1, retries = 0;
  double checkpoint_minutes = 5, stall_minutes = 10;
};

bool is_empty(const Selection& s) { return s.index.empty() && s.id.empty() && s.where.empty() && s.stage == 0; }

// Of what can be wrong with the flags alone, everything at once.
void check_flags(const Options& o) {
  Problems problems;
  problems.attempt([&] { progress_style(o.progress); });
  problems.attempt([&] { parse_way(o.way); });
  problems.attempt([&] { require(!o.out.empty(), Key{"--out"}, "is empty (perhaps an unset shell variable): name a directory"); });
  problems.attempt([&] { require(o.jobs >= 1, Key{"--jobs"}, "{} is less than 1", o.jobs); });
  problems.attempt([&] { require(o.retries >= 0, Key{"--retries"}, "{} is less than 0", o.retries); });
  problems.attempt([&] { require(!(o.all && !is_empty(o.selection)), Key{"--all"}, "cannot be combined with a selection of runs: give one of them"); });
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

void check_machine(const Options& o) {
  Problems problems;
  for (const auto& [flag, minutes] : {std::pair{"--checkpoint-minutes", o.checkpoint_minutes}, {"--stall-minutes", o.stall_minutes}})
    problems.attempt([&] { require(minutes >= 0 && std::isfinite(minutes), Key{flag}, "{} is not a number of minutes", minutes); });
  problems.throw_if_any();
}

// --no-resume is for the beginning: an attempt that Slurm requeued goes on from what the first one has done.
bool is_requeued() {
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  return restarts && std::atoi(restarts) > 0;
}

Execution execution_of(const Options& o, int threads) {
  return {.out = o.out,
          .machine = {.threads = threads, .data_directory = o.data, .way = parse_way(o.way)},
          .gpu = {},
          .command_line = command_line(),
          .resume = !o.no_resume || is_requeued(),
          .checkpoint_seconds = 60 * o.checkpoint_minutes,
          .stall_seconds = 60 * o.stall_minutes};
}

// Those of `runs` that no kept file holds; the others are results, and are in `tally`.
std::vector<const PlannedRun*> without_kept(const std::vector<const PlannedRun*>& runs, const KeptRuns& kept, Tally& tally) {
  std::vector<const PlannedRun*> left;
  for (const auto* run : runs)
    if (const auto found = kept.find(run->id); found != kept.end())
      tally.add(outcome_before(found->second.header.outcome));
    else
      left.push_back(run);
  return left;
}

void say_kept(const Options& o, std::size_t kept, std::size_t all) {
  if (!o.kept.empty() && !o.no_summary) notify("xibench: {} of {} runs are kept in {}: not done again\n", kept, all, fmt::join(o.kept, ", "));
}

// The runs are done here, by this process or all ranks of a launcher together.
int run_here(const Options& o) {
  const auto world = make_world();
  const bool first = world->rank() == 0, prints_summary = first && !o.no_summary;
  const int threads = o.threads ? *o.threads : default_threads();
  try {
    const DeviceChoice choice = on_every_rank(*world, [&] { return parse_device(o.device); });
    const Plan plan = on_every_rank(*world, [&] {
      check_machine(o);
      check_threads(threads);
      return make_plan(o.spec, with_device(o.sets, choice.kind), vocabulary());
    });
    check_same_plan(*world, plan);
    const auto runs = on_every_rank(*world, [&] {
      const auto selected = select(plan, o.selection);
      if (!o.driven) check_way(parse_way(o.way), selected);  // a driver has looked at all runs, and this may be one on CPU
      return selected;
    });
    const KeptRuns kept = on_every_rank(*world, [&] { return read_kept_files(o.kept); });
    check_same_kept(*world, kept);
    Tally tally;
    const auto left = without_kept(runs, kept, tally);
    if (first) say_kept(o, runs.size() - left.size(), runs.size());
    Execution execution = execution_of(o, threads);
    execution.kept = &kept;
    const GpuRanks gpu(*world, left, choice, execution.stall_seconds);
    ProgressLine progress(first ? progress_style(o.progress) : ProgressStyle::none, static_cast<int>(left.size()));
    tally.add(run_in_turn(plan, left, gpu, execution, o.retries, progress));
    const int status = report(tally, runs.size(), prints_summary);
    return o.driven && tally.failed == 0 ? status_for_driver(tally.last) : status;  // a driver has its runs done one by one
  } catch (const std::exception& error) {
    return end_for(error, *world);
  }
}

// Each run in a process of its own, several at a time.
int run_side_by_side_here(const Options& o) {
  require(!launched_with_others(), Key{"--jobs"}, "under mpirun or srun the ranks share every run; leave out --jobs, or start without mpirun and srun");
  const int threads = o.threads ? *o.threads : std::max(1, usable_processors() / o.jobs);
  check_machine(o);
  check_threads(threads);
  const DeviceChoice choice = parse_device(o.device);
  const Plan plan = make_plan(o.spec, with_device(o.sets, choice.kind), vocabulary());
  const auto runs = select(plan, o.selection);
  check_way(parse_way(o.way), runs);
  Tally tally;
  const auto left = without_kept(runs, read_kept_files(o.kept), tally);
  say_kept(o, runs.size() - left.size(), runs.size());
  const SideBySideOptions options{.out = o.out,
                                  .jobs = o.jobs,
                                  .threads = threads,
                                  .retries = o.retries,
                                  .gpus = gpus_side_by_side(left, choice, o.jobs),
                                  .drivers_own = o.drivers_own,
                                  .style = progress_style(o.progress)};
  tally.add(run_side_by_side(plan, left, options));
  return report(tally, runs.size(), !o.no_summary);
}

// Looks at everything that a run would need, and runs nothing. Under mpirun or srun rank 0 looks for all.
int check_here(const Options& o) {
  const auto world = make_world();
  try {
    return on_every_rank(*world, [&] {
      if (world->rank() != 0) return 0;
      std::string device;
      std::vector<Problem> device_problems;
      try {
        device = parse_device(o.device).kind;
        if (device == "cuda" && !cuda_problem().empty()) refuse(Key{"train.device"}, "{}", cuda_problem());
      } catch (const Error& error) {  // said below with the other flags; the runs are checked as if on CPU
        device_problems = error.problems();
        device = "";
      }
      CheckedRuns runs{.spec = o.spec,
                       .out = o.out,
                       .data = o.data,
                       .sets = with_device(o.sets, device),
                       .selection = o.selection,
                       .jobs = std::max(1, o.jobs),
                       .shape = o.shape};
      runs.ranks = std::max(1, o.shape.ranks.value_or(world->size()));
      runs.ranks_per_node = std::max(1, o.shape.ranks_per_node.value_or(o.shape.ranks ? runs.ranks : std::min(local_ranks(), runs.ranks)));
      runs.threads = o.threads.value_or(default_threads());
      check_runs(runs, [&] {
        Problems problems;
        problems.attempt([&] { check_flags(o); });
        for (const Problem& problem : device_problems) problems.add(problem);
        problems.attempt([&] { check_machine(o); });
        problems.attempt([&] { check_threads(runs.threads, !o.shape.is_given()); });
        problems.throw_if_any();
      });
      return 0;
    });
  } catch (const std::exception& error) {
    return end_for(error, *world);
  }
}

}  // namespace

Command add_run(CLI::App& command) {
  auto o = std::make_shared<Options>();
  const auto drivers_own = [o](CLI::Option* option) {  // not for the processes that --jobs starts
    o->drivers_own.push_back({option->get_name(), option->get_items_expected_max() > 0});
    return option;
  };
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  command.add_option("--out", o->out, "results directory; writes each run to OUT/<sweep name>/<id>.h5")->capture_default_str();
  for (CLI::Option* option : add_selection(command, o->selection)) drivers_own(option);
  drivers_own(command.add_flag("--all", o->all, "do all unfinished runs of the plan (default without a selection)"));
  command.add_option("--set", o->sets, "override a key: key=value, with a dotted key and a TOML value; repeatable")->allow_extra_args(false);
  command
      .add_option("--kept", o->kept,
                  "kept file (xibench gap --keep): its runs count as results and are not done again, so a sweep can go on without the run files; repeatable")
      ->allow_extra_args(false);
  drivers_own(command.add_option("--threads", o->threads, "threads per rank (default: the processors of this process)"));
  command.add_option("--device", o->device, "cpu, cuda (a GPU per rank) or cuda:K (default: train.device of the sweep file)");
  command
      .add_option(
          "--way", o->way,
          "how a GPU computes networks: grouped (one pass for all nodes of a rank), graph (one pass per node, as one CUDA graph), nodes (node by node), auto")
      ->capture_default_str();
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
  return [o] {
    install_stop_signals();  // first: a signal while libraries and data are loaded stops this process as orderly as a later one
    pin_kernels();
    o->driven = follow_driver();
    if (o->check) return check_here(*o);
    check_flags(*o);
    return o->jobs == 1 ? run_here(*o) : run_side_by_side_here(*o);
  };
}

}  // namespace xib
