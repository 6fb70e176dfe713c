// The speed of training as a share of the speed of gradients alone, measured in one run, with arms that alternate in blocks of steps:
//   ceiling     gradients and local updates on every node; no mixing, no measurement, no recording
//   dsgd        D-SGD on the ring; Ξ exact before and after every mixing; everything recorded
//   controlled  D-SGD whose controller holds the distance that ten rounds in every step lead to, unless --no-control
//   checkpoint  the D-SGD arm gathered, checksummed, written, flushed and renamed, as a share of the default time between two checkpoints
// Prints one JSON object. Usage: [mpirun -n R] end_to_end [--threads T] [--blocks B] [--steps S] [--model resnet20] [--nodes 16] [--batch 32] [--no-control]
// [--checkpoints DIR]

#include "harness/comm/collective.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/provenance.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/run/checkpoint.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <vector>

using namespace xib;

namespace {

struct Options {
  int threads = 2, blocks = 7, steps = 4;
  std::string model = "resnet20", dataset = "synthetic(size = 32, channels = 3, samples = 4096)";
  std::string checkpoints = ".";  // on the file system whose speed matters
  std::int64_t nodes = 16, batch = 32;
  bool control = true;  // the third arm
};

RunConfig configuration(const Options& o, const std::string& policy) {
  RunConfig c;
  c.data.dataset = o.dataset;
  c.model.name = o.model;
  c.train.nodes = o.nodes;
  c.train.batch_size = o.batch;
  c.train.epochs = 1000;
  c.train.lr = 0.01;  // no network diverges on random images
  c.topology.name = {"ring"};
  c.control.policy = {policy};
  c.control.reference_id = {""};
  return c;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// One arm of the comparison: its own models, its own place in the data.
struct Arm {
  std::unique_ptr<Run> run;
  std::unique_ptr<Recorder> recorder = nullptr;
  std::int64_t step = 0;
  std::vector<double> seconds = {};  // per step, of every timed block
  std::vector<double> communication_share = {};
};

void ceiling_step(Run& run, std::int64_t step) {
  run.pool.for_each(run.x.count(), [&](std::int64_t k, int) { run.task->gradient(static_cast<int>(k), step); });
  run.optimizer->step(run.x, run.g, run.timeline.position(step).lr, run.pool);
}

void full_step(Arm& arm, std::int64_t step) {
  Run& run = *arm.run;
  Stopwatch watch([&] { return run.communicator.now(); }, [&] { return run.communicator.traffic().wait_s; });
  StepContext context = run.context(step, watch);
  run.algorithm->step(context);
  arm.recorder->step(context);
  arm.communication_share.push_back((watch.seconds(Part::mix) + watch.seconds(Part::gauge)) / watch.total());
}

// Every rank leaves the block together; the time is the slowest rank's.
double timed_block(Communicator& communicator, int steps, const std::function<void()>& step) {
  communicator.barrier();
  const double from = communicator.now();
  for (int k = 0; k < steps; ++k) step();
  const std::vector<double> all = of_all_ranks(communicator, communicator.now() - from);
  return *std::max_element(all.begin(), all.end()) / steps;
}

// Ξ after some steps of ten rounds each, so that a controller that is told to hold it needs about ten.
double ten_round_distance(Arm probe) {
  while (probe.step < 6) full_step(probe, probe.step++);
  return probe.run->consensus.statistics().measure(probe.run->x).distance;
}

int run_benchmark(const Options& o) {
  const auto world = make_world();
  const Machine machine{o.threads, ""};
  const auto make = [&](const std::string& policy) { return make_run(configuration(o, policy), *world, machine, {}); };

  const auto recorded_arm = [&](const std::string& policy) {
    Arm arm{.run = make(policy)};
    arm.recorder = std::make_unique<Recorder>(*world, arm.run->layout, 0, RunRecord{}, std::int16_t{0});
    return arm;
  };

  Arm ceiling{.run = make("rounds(1)")};
  std::vector<Arm> recorded;  // D-SGD, and under control
  recorded.push_back(recorded_arm("rounds(1)"));
  if (o.control) recorded.push_back(recorded_arm(fmt::format("target({:.6g})", ten_round_distance(recorded_arm("rounds(10)")))));

  for (int block = -1; block < o.blocks; ++block) {  // block -1 warms up
    ceiling.seconds.push_back(timed_block(*world, o.steps, [&] { ceiling_step(*ceiling.run, ceiling.step++); }));
    if (block < 0) ceiling.seconds.clear();
    for (Arm& arm : recorded) {
      arm.seconds.push_back(timed_block(*world, o.steps, [&] { full_step(arm, arm.step++); }));
      arm.recorder->gather();
      if (block < 0) arm.seconds.clear(), arm.communication_share.clear();
    }
  }
  Arm& dsgd = recorded.front();
  const std::string file = o.checkpoints + "/end_to_end.checkpoint";
  std::vector<double> checkpoints;
  std::uintmax_t checkpoint_bytes = 0;
  for (int block = 0; block < o.blocks; ++block) {
    checkpoints.push_back(timed_block(*world, 1, [&] { save_checkpoint(file, dsgd.run->checkpointed(), *dsgd.recorder, dsgd.step); }));
    if (world->rank() == 0) checkpoint_bytes = std::filesystem::file_size(file);
  }
  if (world->rank() != 0) return 0;
  remove_checkpoint(file);

  std::vector<double> kept;
  for (std::size_t k = 0; k < ceiling.seconds.size(); ++k) kept.push_back(ceiling.seconds[k] / dsgd.seconds[k]);
  const double samples = static_cast<double>(o.nodes * o.batch);
  fmt::print(
      "{{\"schema\": \"xibench-end-to-end\", \"model\": \"{}\", \"parameters\": {}, \"nodes\": {}, \"batch\": {}, \"ranks\": {}, \"threads\": {}, \"blocks\": {}, \"steps_per_block\": {},\n"
      " \"ceiling_images_per_s\": {:.1f}, \"dsgd_images_per_s\": {:.1f},\n"
      " \"dsgd_of_ceiling\": {:.4f}, \"dsgd_of_ceiling_min\": {:.4f}, \"dsgd_of_ceiling_max\": {:.4f},\n",
      o.model, ceiling.run->task->dim(), o.nodes, o.batch, world->size(), o.threads, o.blocks, o.steps, samples / median(ceiling.seconds),
      samples / median(dsgd.seconds), median(kept), *std::min_element(kept.begin(), kept.end()), *std::max_element(kept.begin(), kept.end()));
  if (o.control) {
    const Arm& controlled = recorded.back();
    std::vector<double> rounds;
    for (const auto& row : controlled.recorder->record().steps) rounds.push_back(row.gossip_rounds);
    fmt::print(" \"controlled_images_per_s\": {:.1f}, \"control_rounds_median\": {}, \"control_share_of_step\": {:.4f},\n",
               samples / median(controlled.seconds), median(rounds), median(controlled.communication_share));
  }
  fmt::print(" \"checkpoint_bytes\": {}, \"checkpoint_s\": {:.3f}, \"checkpoint_s_max\": {:.3f}, \"checkpoint_share_of_run\": {:.5f}, \"cpu\": \"{}\"}}\n",
             checkpoint_bytes, median(checkpoints), *std::max_element(checkpoints.begin(), checkpoints.end()),
             median(checkpoints) / Execution{}.checkpoint_seconds, machine_facts()[2].second);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Times training as a share of the speed of gradients alone; prints one JSON object.");
  app.add_option("--threads", o.threads, "threads of each rank")->capture_default_str();
  app.add_option("--blocks", o.blocks, "timed blocks of each arm")->capture_default_str();
  app.add_option("--steps", o.steps, "steps in a block")->capture_default_str();
  app.add_option("--model", o.model, "network, as in a sweep file")->capture_default_str();
  app.add_option("--dataset", o.dataset, "data set, as in a sweep file")->capture_default_str();
  app.add_option("--checkpoints", o.checkpoints, "directory for the checkpoints")->capture_default_str();
  app.add_option("--nodes", o.nodes, "nodes of the ring")->capture_default_str();
  app.add_option("--batch", o.batch, "images of a node in a step")->capture_default_str();
  app.add_flag("!--no-control", o.control,
               "leave out the controlled arm: on two or three nodes one round is an exact average, and there is nothing to control");
  CLI11_PARSE(app, argc, argv);
  try {
    return run_benchmark(o);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "end_to_end: %s\n", error.what());
    return 1;
  }
}
