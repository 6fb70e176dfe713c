#include "harness/cli/commands.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/until_decided.hpp"
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

// --no-resume is for the beginning: an attempt that Slurm requeued goes on from what the first one has done.
bool is_requeued() {
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  return restarts && std::atoi(restarts) > 0;
}

Execution execution_of(const RunOptions& o, int threads) {
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

void say_kept(const RunOptions& o, std::size_t kept, std::size_t all) {
  if (!o.kept.empty() && !o.no_summary) notify("xibench: {} of {} runs are kept in {}: not done again\n", kept, all, fmt::join(o.kept, ", "));
}

Sought sought(const RunOptions& o, const DeviceChoice& choice) {
  return {.spec = o.spec, .out = o.out, .sets = with_device(o.sets, choice.kind), .kept = o.kept, .max_seeds = o.max_seeds};
}

// What is to be done of which plan.
struct Wanted {
  std::vector<std::string> sets;  // besides the options
  Selection selection;
};
Wanted wanted_of(const NextLook& look) {
  Wanted wanted{look.sets, {}};
  wanted.selection.id = look.ids;
  return wanted;
}

std::vector<std::string> joined(std::vector<std::string> sets, const std::vector<std::string>& more) {
  sets.insert(sets.end(), more.begin(), more.end());
  return sets;
}

// Collective. The runs are done by this process, or by all ranks of a launcher together.
Tally do_here(const RunOptions& o, Communicator& world, const DeviceChoice& choice, int threads, const Wanted& wanted) {
  const bool first = world.rank() == 0;
  const Plan plan = on_every_rank(world, [&] { return make_plan(o.spec, with_device(joined(o.sets, wanted.sets), choice.kind), vocabulary()); });
  check_same_plan(world, plan);
  const auto runs = on_every_rank(world, [&] {
    const auto selected = select(plan, wanted.selection);
    if (!o.driven) check_way(parse_way(o.way), selected);  // a driver has looked at all runs, and this may be one on CPU
    return selected;
  });
  const KeptRuns kept = on_every_rank(world, [&] { return read_kept_files(o.kept); });
  check_same_kept(world, kept);
  Tally tally;
  tally.asked = runs.size();
  const auto left = without_kept(runs, kept, tally);
  if (first) say_kept(o, runs.size() - left.size(), runs.size());
  Execution execution = execution_of(o, threads);
  execution.kept = &kept;
  const GpuRanks gpu(world, left, choice, execution.stall_seconds);
  ProgressLine progress(first ? progress_style(o.progress) : ProgressStyle::none, static_cast<int>(left.size()));
  tally.add(run_in_turn(plan, left, gpu, execution, o.retries, progress));
  return tally;
}

int run_here(const RunOptions& o) {
  const auto world = make_world();
  const bool prints_summary = world->rank() == 0 && !o.no_summary;
  const int threads = o.threads ? *o.threads : default_threads();
  try {
    const DeviceChoice choice = on_every_rank(*world, [&] { return parse_device(o.device); });
    on_every_rank(*world, [&] { return check_machine(o), check_threads(threads), 0; });
    const auto work = [&](const Wanted& wanted) { return do_here(o, *world, choice, threads, wanted); };
    if (o.until_decided) {
      const HoursLeft hours(world->rank() == 0 ? o.max_hours : std::nullopt);
      return until_decided([&] { return next_look_of(text_from_rank_0(*world, [&] { return next_look_json(next_look(sought(o, choice))); })); },
                           [&](const NextLook& look) { return work(wanted_of(look)); }, hours, prints_summary);
    }
    const Tally tally = work({{}, o.selection});
    const int status = report(tally, tally.asked, prints_summary);
    return o.driven && tally.failed == 0 ? status_for_driver(tally.last) : status;  // a driver has its runs done one by one
  } catch (const std::exception& error) {
    return end_for(error, *world);
  }
}

// Each run in a process of its own, several at a time.
Tally do_side_by_side(const RunOptions& o, const DeviceChoice& choice, int threads, const Wanted& wanted) {
  const Plan plan = make_plan(o.spec, with_device(joined(o.sets, wanted.sets), choice.kind), vocabulary());
  const auto runs = select(plan, wanted.selection);
  check_way(parse_way(o.way), runs);
  Tally tally;
  tally.asked = runs.size();
  const auto left = without_kept(runs, read_kept_files(o.kept), tally);
  say_kept(o, runs.size() - left.size(), runs.size());
  const SideBySideOptions options{.out = o.out,
                                  .jobs = o.jobs,
                                  .threads = threads,
                                  .retries = o.retries,
                                  .gpus = gpus_side_by_side(left, choice, o.jobs),
                                  .drivers_own = o.drivers_own,
                                  .sets = wanted.sets,
                                  .style = progress_style(o.progress)};
  tally.add(run_side_by_side(plan, left, options));
  return tally;
}

int run_side_by_side_here(const RunOptions& o) {
  require(!launched_with_others(), Key{"--jobs"}, "under mpirun or srun the ranks share every run; leave out --jobs, or start without mpirun and srun");
  const int threads = o.threads ? *o.threads : std::max(1, usable_processors() / o.jobs);
  check_machine(o);
  check_threads(threads);
  const DeviceChoice choice = parse_device(o.device);
  if (o.until_decided) {
    const HoursLeft hours(o.max_hours);
    return until_decided([&] { return next_look(sought(o, choice)); },
                         [&](const NextLook& look) { return do_side_by_side(o, choice, threads, wanted_of(look)); }, hours, !o.no_summary);
  }
  const Tally tally = do_side_by_side(o, choice, threads, {{}, o.selection});
  return report(tally, tally.asked, !o.no_summary);
}

// Looks at everything that a run would need, and runs nothing. Under mpirun or srun rank 0 looks for all.
int check_here(const RunOptions& o) {
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
                       .kept = o.kept,
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
  auto o = std::make_shared<RunOptions>();
  add_run_options(command, o);
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
