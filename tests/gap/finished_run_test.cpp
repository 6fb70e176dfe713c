#include "harness/gap/finished_run.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"

using namespace xib;
using Catch::Contains;

namespace {

constexpr const char* kSweep = R"toml(
name = "tiny"
seeds = [3, 1]
delta = 0.25
[sweep]
"train.nodes" = [4, 16]
"control.policy" = ["fraction(0.5)", "fraction(0.25)"]
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "ring"
control.policy = "rounds(1)"
[[variant]]
name = "controlled"
)toml";

std::string config(const std::string& algorithm, int nodes, int epochs, const std::string& policy, int seed = 1) {
  return fmt::format(R"({{"control": {{"policy": ["{}", "exact"]}}, "seed": {}, "train": {{"algorithm": "{}", "epochs": {}, "nodes": {}}}}})", policy, seed,
                     algorithm, epochs, nodes);
}

FinishedRun run(const std::string& path, const std::string& variant, const std::string& json) {
  FinishedRun r;
  r.path = path, r.variant = variant, r.seed = 1, r.config_json = json;
  r.axes = axes_of(json, read_sweep_facts(kSweep, "tiny.toml"), variant);
  return r;
}

}  // namespace

TEST_CASE("keys that change together are axes of their own") {
  const SweepFacts facts = read_sweep_facts("name = 't'\n[sweep]\n'train.nodes, train.lr' = [[2, 0.5], [4, 1]]\n'data.limit' = [10]\n", "t.toml");

  CHECK(facts.axes == std::vector<std::string>{"train.nodes", "train.lr", "data.limit"});
}

TEST_CASE("the sweep file says baseline, margin, seeds, axes in its own order, and what each variant sets") {
  const SweepFacts facts = read_sweep_facts(kSweep, "tiny.toml");

  CHECK(facts.name == "tiny");
  CHECK(facts.baseline == "centralized");
  CHECK(facts.delta == 0.25);
  CHECK(facts.seeds == std::vector<std::int64_t>{3, 1});
  CHECK(facts.axes == std::vector<std::string>{"train.nodes", "control.policy"});
  CHECK(facts.variants == std::vector<std::string>{"centralized", "ring", "controlled"});
  CHECK(facts.variant_sets.at("ring") == std::set<std::string>{"control.policy"});
}

TEST_CASE("overrides below the sweep file win") {
  const SweepFacts facts = read_sweep_facts(std::string(kSweep) + "# --set delta=1.5\n# --set seeds=[7]\n# --set train.lr=0.2\n", "x");

  CHECK(facts.delta == 1.5);
  CHECK(facts.seeds == std::vector<std::int64_t>{7});
}

TEST_CASE("a broken sweep text is refused with file and line") {
  CHECK_THROWS_WITH(read_sweep_facts("name = \"a\"\ndelta = ?\n", "a.h5"), Contains("a.h5") && Contains("line 2"));
  CHECK_THROWS_WITH(read_sweep_facts("delta = \"small\"\n", "a.h5"), Contains("delta is not a number"));
  CHECK_THROWS_WITH(read_sweep_facts("[[variant]]\nbaseline = true\n", "a.h5"), Contains("has no name"));
}

TEST_CASE("a run states the axes that its variant leaves to the sweep") {
  CHECK(run("a", "controlled", config("dsgd", 4, 1, "fraction(0.5)")).axes == Axes{{"train.nodes", "4"}, {"control.policy", "[fraction(0.5), exact]"}});
  CHECK(run("a", "ring", config("dsgd", 4, 1, "rounds(1)")).axes == Axes{{"train.nodes", "4"}, {"control.policy", "*"}});
}

TEST_CASE("one value for every phase reads as one value") { CHECK(run("a", "controlled", config("dsgd", 4, 1, "exact")).axes.back().second == "exact"); }

TEST_CASE("the controlled phase is read back from the policy of every phase") {
  const SweepFacts facts = read_sweep_facts("name = \"p\"\n[sweep]\n\"control.in_phase\" = [1, 2]\n\"control.policy\" = [\"fraction(0.5)\"]\n", "p");
  const auto axes = [&](const std::string& policies) { return axes_of(R"({"control": {"in_phase": 0, "policy": )" + policies + "}}", facts, ""); };

  CHECK(axes(R"json(["fraction(0.5)", "exact", "exact"])json") == Axes{{"control.in_phase", "1"}, {"control.policy", "fraction(0.5)"}});
  CHECK(axes(R"json(["exact", "rounds(1)", "exact"])json") == Axes{{"control.in_phase", "2"}, {"control.policy", "rounds(1)"}});
  CHECK(axes(R"json(["exact", "exact", "exact"])json") == Axes{{"control.in_phase", "*"}, {"control.policy", "exact"}});
}

TEST_CASE("the controlled phase is found whatever policy the other phases have, and wherever that was said") {
  const std::string sweep =
      "name = \"p\"\n[sweep]\n\"control.in_phase\" = [1, 2]\n\"control.policy\" = [\"exact\", \"rounds(3)\"]\n"
      "[[variant]]\nname = \"own\"\ncontrol.otherwise = \"target(0.50)\"\n[[variant]]\nname = \"plain\"\n";
  const auto axes = [&](const std::string& below, const std::string& policies, const std::string& variant) {
    return axes_of(R"({"control": {"in_phase": 0, "otherwise": "exact", "policy": )" + policies + "}}", read_sweep_facts(sweep + below, "p"), variant);
  };
  const Axes second{{"control.in_phase", "2"}, {"control.policy", "exact"}};

  for (const char* below :
       {"# --set control.otherwise=\"rounds(2)\"\n", "# --set control.otherwise = rounds(2)\n", "# XIBENCH_CONTROL__OTHERWISE=rounds(2)\n"}) {
    CAPTURE(below);
    CHECK(axes(below, R"json(["rounds(2)", "exact"])json", "plain") == second);
    CHECK(axes(below, R"json(["rounds(2)", "exact", "rounds(2)"])json", "own") == second);  // an override beats the variant
  }
  CHECK(axes("", R"json(["target(0.5)", "exact"])json", "own") == second);
  CHECK(axes("", R"json(["exact", "rounds(3)"])json", "plain") == Axes{{"control.in_phase", "2"}, {"control.policy", "rounds(3)"}});
}

TEST_CASE("a sweep may vary the policy of the other phases, alone or with another key") {
  const std::string base = "[[variant]]\nname = \"exact\"\ncontrol.in_phase = 0\ncontrol.policy = \"exact\"\n[[variant]]\nname = \"one\"\n";
  const auto other = [&](const std::string& sweep, const std::string& policies, const std::string& variant) {
    const auto axes =
        axes_of(R"({"control": {"in_phase": 0, "otherwise": "exact", "policy": )" + policies + "}}", read_sweep_facts(sweep + base, "p"), variant);
    return axes.front();
  };
  const std::string alone = "name = \"p\"\n[control]\nin_phase = 2\npolicy = \"rounds(3)\"\n[sweep]\n\"control.otherwise\" = [\"exact\", \"rounds(1)\"]\n";
  const std::string coupled = "name = \"p\"\n[sweep]\n\"control.otherwise, control.in_phase\" = [[\"exact\", 1], [\"rounds(1)\", 2]]\n";
  for (const auto& sweep : {alone, coupled}) {
    CAPTURE(sweep);
    CHECK(other(sweep, R"json(["exact", "rounds(3)", "exact"])json", "one") == std::pair<std::string, std::string>("control.otherwise", "exact"));
    CHECK(other(sweep, R"json(["rounds(1)", "rounds(3)", "rounds(1)"])json", "one") == std::pair<std::string, std::string>("control.otherwise", "rounds(1)"));
    CHECK(other(sweep, R"json(["exact", "exact", "exact"])json", "exact") == std::pair<std::string, std::string>("control.otherwise", "*"));
  }
}

TEST_CASE("overrides of the environment and of --set below the file hold, the later one first, and an author's comment does not") {
  const auto delta_of = [](const std::string& below) { return read_sweep_facts("# --set delta = 7\nname = \"p\"\ndelta = 0.5\n" + below, "p").delta; };

  CHECK(delta_of("") == 0.5);
  CHECK(delta_of("# XIBENCH_DELTA=0.3\n") == 0.3);
  CHECK(delta_of("# XIBENCH_DELTA=0.3\n# --set delta = 2\n") == 2);
  CHECK(delta_of("# XIBENCH_TRAIN__NODES=8\n# XIBENCH_DELTA=1\n") == 1);
  CHECK(read_sweep_facts("name = \"p\"\n# XIBENCH_SEEDS=[4, 5]\n", "p").seeds == std::vector<std::int64_t>{4, 5});
}

TEST_CASE("settings that nothing varies must agree") {
  const SweepFacts facts = read_sweep_facts(kSweep, "tiny.toml");
  const FinishedRun a = run("a.h5", "centralized", config("centralized", 4, 5, "exact"));
  const FinishedRun b = run("b.h5", "controlled", config("dsgd", 16, 5, "fraction(0.5)"));
  const FinishedRun stale = run("stale.h5", "controlled", config("dsgd", 16, 6, "fraction(0.25)"));

  CHECK_NOTHROW(check_one_sweep({a, b}, facts));
  CHECK_THROWS_WITH(check_one_sweep({a, b, stale}, facts), Contains("a.h5") && Contains("stale.h5") && Contains("train.epochs = 5") && Contains("6"));
}

TEST_CASE("two runs for one variant, cell and seed are refused") {
  const SweepFacts facts = read_sweep_facts(kSweep, "tiny.toml");
  const FinishedRun a = run("a.h5", "ring", config("dsgd", 4, 5, "rounds(1)"));
  const FinishedRun b = run("b.h5", "ring", config("dsgd", 4, 5, "rounds(2)"));

  CHECK_THROWS_WITH(check_one_sweep({a, b}, facts), Contains("both claim variant 'ring', seed 1") && Contains("control.policy"));
}
