#include "harness/gap/finished_run.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"

using namespace xib;
using Catch::Contains;

namespace {

Sweep sweep() {
  Sweep s;
  s.name = "tiny", s.axes = {"train.nodes", "control.policy"}, s.variants = {"centralized", "ring", "controlled"}, s.baseline = "centralized";
  s.varied = {"train.nodes", "control.policy", "train.algorithm"};
  return s;
}

std::string config(const std::string& algorithm, int nodes, int epochs, const std::string& policy, int seed = 1) {
  return fmt::format(R"({{"control": {{"policy": ["{}", "exact"]}}, "seed": {}, "train": {{"algorithm": "{}", "epochs": {}, "nodes": {}}}}})", policy, seed,
                     algorithm, epochs, nodes);
}

FinishedRun run(const std::string& path, const std::string& variant, const std::string& json, const Axes& cell) {
  FinishedRun r;
  r.path = path, r.variant = variant, r.seed = 1, r.config_json = json, r.axes = cell;
  return r;
}

}  // namespace

TEST_CASE("settings that nothing varies must agree") {
  const FinishedRun a = run("a.h5", "centralized", config("centralized", 4, 5, "exact"), {{"train.nodes", "4"}, {"control.policy", "exact"}});
  const FinishedRun b = run("b.h5", "controlled", config("dsgd", 16, 5, "fraction(0.5)"), {{"train.nodes", "16"}, {"control.policy", "fraction(0.5)"}});
  const FinishedRun stale =
      run("stale.h5", "controlled", config("dsgd", 16, 6, "fraction(0.25)"), {{"train.nodes", "16"}, {"control.policy", "fraction(0.25)"}});

  CHECK_NOTHROW(check_one_sweep({a, b}, sweep()));
  CHECK_THROWS_WITH(check_one_sweep({a, b, stale}, sweep()), Contains("a.h5") && Contains("stale.h5") && Contains("train.epochs = 5") && Contains("6"));
}

TEST_CASE("two runs for one variant, cell and seed are refused") {
  const FinishedRun a = run("a.h5", "ring", config("dsgd", 4, 5, "rounds(1)"), {{"train.nodes", "4"}, {"control.policy", "*"}});
  const FinishedRun b = run("b.h5", "ring", config("dsgd", 4, 5, "rounds(2)"), {{"train.nodes", "4"}, {"control.policy", "*"}});

  CHECK_THROWS_WITH(check_one_sweep({a, b}, sweep()), Contains("both claim variant 'ring', seed 1") && Contains("control.policy"));
}
