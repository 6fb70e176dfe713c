#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Catch::Contains;

namespace {

const std::string kSweep = R"toml(name = "tiny"
seeds = [3, 1]
delta = 0.25
[sweep]
"train.nodes, train.lr" = [[4, 0.5], [16, 1]]
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

Plan recorded(const std::string& text) { return recorded_plan(text, "a.h5", Vocabulary()); }

}  // namespace

TEST_CASE("a sweep says baseline, margin, seeds, axes in its own order, and what varies") {
  const Sweep sweep = recorded(kSweep).sweep;

  CHECK(sweep.name == "tiny");
  CHECK(sweep.baseline == "centralized");
  CHECK(sweep.delta == 0.25);
  CHECK(sweep.seeds == std::vector<std::int64_t>{3, 1});
  CHECK(sweep.axes == std::vector<std::string>{"train.nodes", "train.lr", "control.policy"});
  CHECK(sweep.variants == std::vector<std::string>{"centralized", "ring", "controlled"});
  CHECK(sweep.varied == std::set<std::string>{"train.nodes", "train.lr", "control.policy", "train.algorithm"});
}

TEST_CASE("the plan of a recorded text is that of the command that recorded it") {
  const Variable epochs("XIBENCH_TRAIN__EPOCHS", "2"), margin("XIBENCH_DELTA", "0.75");
  const Plan made = plan_of(kSweep, {"train.lr=0.2", "topology.name = torus(2, 2)", "seeds=[7, 8]", "control.otherwise=rounds(2)"});
  unsetenv("XIBENCH_TRAIN__EPOCHS");
  const Variable other("XIBENCH_TRAIN__BATCH_SIZE", "7");  // of today, and no part of the runs

  const Plan again = recorded(made.sweep.source);
  CHECK(again.sweep.delta == 0.75);
  CHECK(again.sweep.seeds == std::vector<std::int64_t>{7, 8});
  CHECK(again.sweep.source == made.sweep.source);
  REQUIRE(again.runs.size() == made.runs.size());
  for (std::size_t k = 0; k < made.runs.size(); ++k) {
    CHECK(again.runs[k].id == made.runs[k].id);
    CHECK(again.runs[k].variants == made.runs[k].variants);
    CHECK(again.runs[k].cells == made.runs[k].cells);
  }
}

TEST_CASE("overrides of the environment and of --set below the file hold, the later one first, and an author's comment does not") {
  const auto delta_of = [](const std::string& below) { return recorded("# --set delta = 7\nname = \"p\"\ndelta = 0.5\n" + below).sweep.delta; };

  CHECK(delta_of("") == 0.5);
  CHECK(delta_of("# XIBENCH_DELTA=0.3\n") == 0.3);
  CHECK(delta_of("# XIBENCH_DELTA=0.3\n# --set delta = 2\n") == 2);
  CHECK(delta_of("# XIBENCH_TRAIN__NODES=8\n# XIBENCH_DELTA=1\n") == 1);
  CHECK(delta_of("# the margin is one of taste\n# --set delta = so small\n# XIBENCH_PLACE=here\n") == 0.5);
}

TEST_CASE("an author's comments at the end of a file stay comments in its record") {
  const std::string file = "name = \"p\"\ndelta = 0.5\n# small:\n# --set delta=5\n# --set train.lrr=0.1";
  const auto again = [&](const std::vector<std::string>& sets) { return recorded(plan_of(file, sets).sweep.source); };

  CHECK(again({}).sweep.delta == 0.5);
  CHECK(again({"train.lr=0.25"}).sweep.delta == 0.5);
  CHECK(again({"train.lr=0.25"}).runs.at(0).config.train.lr == 0.25);
  CHECK(again({"delta=2"}).sweep.delta == 2);
  CHECK(plan_of("name = \"p\"\n# of taste\n").sweep.source == "name = \"p\"\n# of taste\n");
  CHECK(plan_of("name = \"p\"\n# of taste", {"delta=2"}).sweep.source == "name = \"p\"\n# of taste\n# --set delta=2\n");
}

TEST_CASE("an override of several lines is recorded in one that can be read back") {
  const Plan made = plan_of("name = 'p'\n", {"seeds=[1, # first\n2]", "topology.name=['ring', # \"a\"\n]", "train.lr=0.5 # half\n", "train.nesterov=false\n"});

  CHECK(made.sweep.source == "name = 'p'\n# --set seeds=[1, 2]\n# --set topology.name=[\"ring\"]\n# --set train.lr=0.5\n# --set train.nesterov=false\n");
  CHECK(recorded(made.sweep.source).sweep.seeds == std::vector<std::int64_t>{1, 2});
  CHECK_THROWS_WITH(recorded("name = 'p'\n# --set seeds=[1, # first 2]\n"), Contains("a.h5: --set: seeds: '[1, # first 2]' is not a TOML value"));
}

TEST_CASE("a recorded text that is no sweep is refused with file and line") {
  CHECK_THROWS_WITH(recorded("name = \"a\"\ndelta = ?\n"), Contains("a.h5:2"));
  CHECK_THROWS_WITH(recorded("name = \"a\"\ndelta = \"small\"\n"), Contains("a.h5:2: delta: is not a margin"));
  CHECK_THROWS_WITH(recorded("name = \"a\"\n[[variant]]\nbaseline = true\n"), Contains("a.h5:2: variant.name: is missing"));
}

TEST_CASE("the margin of the environment holds for a table of runs that declare another, and says so") {
  Sweep sweep = recorded(kSweep).sweep;
  const Variable margin("XIBENCH_DELTA", "0.5"), of_runs("XIBENCH_TRAIN__NODES", "8");
  take_margin_of_environment(sweep);
  CHECK(sweep.delta == 0.5);
  CHECK(sweep.delta_from == "XIBENCH_DELTA; the runs declare 0.25");
  const Variable none("XIBENCH_DELTA", "-1");
  CHECK_THROWS_WITH(take_margin_of_environment(sweep), Contains("XIBENCH_DELTA: delta: is not a margin"));
}
