#include "harness/job/measure.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/job/provenance.hpp"
#include "harness/run/train.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>

namespace xib {
namespace {

constexpr std::int64_t kBlocks = 4;  // of every number of threads, in turn

// A run with one number of threads: its own models, its own place in the data.
struct Arm {
  std::unique_ptr<Run> run;
  std::optional<Recorder> recorder = std::nullopt;
  std::int64_t step = 0;

  void train(std::int64_t steps) {
    const std::int64_t end = step + steps;
    Session session(run->course(), *recorder, step, std::numeric_limits<double>::infinity(), {}, end);
    xib::train(*run, *recorder, session);
    if (run->working_on < end) throw Error(Fault::interrupted, "interrupted: the measurements are not kept; run it again", true);
    step = end;
  }
};

// Phases with the same graph and policy, together, by the first of them.
std::vector<std::vector<int>> alike(const RunConfig& config) {
  std::vector<std::vector<int>> kinds;
  const auto same = [&](std::size_t a, std::size_t b) {
    return config.topology.name[a] == config.topology.name[b] && config.control.policy[a] == config.control.policy[b];
  };
  for (std::size_t k = 0; k < config.phase_count(); ++k) {
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& phases) { return same(static_cast<std::size_t>(phases.front() - 1), k); });
    if (kind == kinds.end())
      kinds.push_back({static_cast<int>(k) + 1});
    else
      kind->push_back(static_cast<int>(k) + 1);
  }
  return kinds;
}

class Bench {
 public:
  Bench(const Plan& plan, Communicator& communicator, const Effort& effort, const std::function<void(const Session::Progress&)>& progress)
      : plan_(plan),
        communicator_(communicator),
        effort_(effort),
        progress_(progress),
        blocks_(effort.threads.size() > 1 ? std::min(kBlocks, effort.steps) : 1) {}

  std::vector<Measurement> measure(const PlannedRun& planned) {
    const auto kinds = alike(planned.config);
    const auto references = reference_distances(planned);
    std::vector<Arm> arms;
    for (const int threads : effort_.threads) arms.push_back(make_arm(planned, threads, references));
    for (const auto& phases : kinds) require_steps(*arms.front().run, planned, phases.front());  // of all before any is measured
    to_do_ = std::ssize(kinds) * std::ssize(arms) * steps_in_all();
    begun_ = communicator_.now();

    std::vector<Measurement> measurements;
    for (const auto& phases : kinds) {
      std::vector<Measurement> mine;
      for (std::size_t a = 0; a < arms.size(); ++a) {
        const int threads = effort_.threads[a];
        begin_phase(arms[a], phases.front());
        mine.push_back({.threads = threads,
                        .phases = phases,
                        .run_steps = arms[a].run->timeline.steps(),
                        .dim = arms[a].run->task->dim(),
                        .reference_distance = references[static_cast<std::size_t>(phases.front() - 1)],
                        .rank_facts = rank_facts(communicator_, threads),
                        .task_facts = arms[a].run->task->facts()});
        for (const int phase : phases) mine[a].phase_steps += arms[a].run->timeline.steps_of(phase);
      }
      for (std::int64_t block = 0; block < blocks_; ++block)
        for (std::size_t a = 0; a < arms.size(); ++a) time_block(arms[a], block, mine[a]);
      std::move(mine.begin(), mine.end(), std::back_inserter(measurements));
    }
    return measurements;
  }

 private:
  // Warm-up, what is timed, and the first step of every other block: caches are cold then, and it is a sync point.
  std::int64_t steps_in_all() const { return effort_.warmup + effort_.steps + blocks_ - 1; }

  Arm make_arm(const PlannedRun& planned, int threads, const std::vector<double>& references) {
    RunConfig config = planned.config;
    config.evaluation.every = "phase-ends";  // which require_steps() keeps out of reach
    Arm arm{.run = on_every_rank(communicator_, [&] {
              return make_run(config, communicator_, {threads, effort_.data_directory, config.train.device == "cpu" ? nullptr : effort_.device, effort_.way},
                              references);
            })};
    arm.recorder.emplace(communicator_, arm.run->layout, config.train.warmup_epochs, RunRecord{}, std::int16_t{0});
    return arm;
  }

  void require_steps(const Run& run, const PlannedRun& planned, int phase) const {
    const std::int64_t has = run.timeline.steps_of(phase), most = has - 1 - (steps_in_all() - effort_.steps);
    if (effort_.steps > most)
      throw Error(
          Fault::input,
          {Problem{.file = "",
                   .key = "--steps",
                   .message = fmt::format("phase {} of run {} has {} steps, too few for {} timed and {} untimed ones: {}, or raise train.epochs with --set",
                                          phase, planned.index, has, effort_.steps, steps_in_all() - effort_.steps,
                                          most > 0 ? fmt::format("ask for at most {}", most) : "ask for a shorter --warmup")}},
          true);
  }

  static void begin_phase(Arm& arm, int phase) { arm.step = arm.run->timeline.begin_of(phase); }

  void time_block(Arm& arm, std::int64_t block, Measurement& measurement) {
    const std::int64_t timed = effort_.steps * (block + 1) / blocks_ - effort_.steps * block / blocks_;
    const std::int64_t steps = timed + (block == 0 ? effort_.warmup : 1);
    arm.train(steps);
    done_ += steps;
    if (communicator_.rank() != 0) return;
    const RunRecord& record = arm.recorder->record();
    const auto append = [](auto& to, const auto& from, std::int64_t count) { to.insert(to.end(), from.end() - count, from.end()); };
    append(measurement.steps, record.steps, timed);
    append(measurement.rank_compute_s, record.rank_compute_s, timed * record.ranks);
    append(measurement.rank_wait_s, record.rank_wait_s, timed * record.ranks);
    if (!progress_) return;
    const StepRow& last = record.steps.back();
    const double per_step = (communicator_.now() - begun_) / static_cast<double>(done_);
    progress_({done_, to_do_, last.train_loss, last.consensus_distance, static_cast<double>(last.samples) / last.wall_s,
               per_step * static_cast<double>(to_do_ - done_)});
  }

  // Reference distances of all phases; NaN if a phase needs no reference. Phases that are measured together share theirs.
  std::vector<double> reference_distances(const PlannedRun& planned) {
    const auto& ids = planned.config.control.reference_id;
    std::vector<double> distances(planned.config.phase_count(), kNaN);
    for (const auto& phases : alike(planned.config)) {
      const auto first = static_cast<std::size_t>(phases.front() - 1);
      if (first >= ids.size() || ids[first].empty()) continue;
      const double distance = reference_distance(planned, ids[first], phases.front());
      for (const int phase : phases) distances[static_cast<std::size_t>(phase - 1)] = distance;
    }
    return distances;
  }

  double reference_distance(const PlannedRun& planned, const std::string& id, int phase) {
    const auto reference = std::find_if(plan_.runs.begin(), plan_.runs.end(), [&](const PlannedRun& run) { return run.id == id; });
    if (reference == plan_.runs.end()) throw Error(Fault::work, fmt::format("the plan lacks run {}, which run {} refers to", id, planned.index), true);
    Arm arm = make_arm(*reference, effort_.threads.back(), reference_distances(*reference));
    require_steps(*arm.run, *reference, phase);
    begin_phase(arm, phase);
    arm.train(steps_in_all());
    return from_rank_0<double>(communicator_, [&] {
      double sum = 0, largest = 0;
      const auto& rows = arm.recorder->record().steps;
      for (const StepRow& row : rows) sum += row.consensus_distance, largest = std::fmax(largest, row.consensus_distance);
      const double distance = planned.config.control.statistic == "mean" ? sum / static_cast<double>(rows.size()) : largest;
      require(std::isfinite(distance) && distance > 0, Key{"control.policy"},
              "run {} needs the consensus distance of run {}, which has none in {} steps: give more --steps", planned.index, reference->index, rows.size());
      return distance;
    });
  }

  const Plan& plan_;
  Communicator& communicator_;
  const Effort& effort_;
  const std::function<void(const Session::Progress&)>& progress_;
  std::int64_t blocks_, done_ = 0, to_do_ = 0;
  double begun_ = 0;
};

}  // namespace

std::vector<Measurement> measure(const Plan& plan, const PlannedRun& planned, Communicator& communicator, const Effort& effort,
                                 const std::function<void(const Session::Progress&)>& progress) {
  return Bench(plan, communicator, effort, progress).measure(planned);
}

}  // namespace xib
