#include <catch2/catch.hpp>

#include "harness/sweep/problems.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;

TEST_CASE("a whole sweep file is read") {
  const Plan plan = plan_of(R"x(
name = "quickstart"   # a comment
seeds = [1, 2]
delta = 0.3
[data]
dataset = "fashion-mnist"
partition = "dirichlet(0.1)"
limit = 1_000
[model]
name = "resnet20"
width = 2
[train]
nodes = 8
epochs = 4
lr = 5e-1
nesterov = false
schedule = "steps(1, 2)"
[topology]
name = ["complete", "ring", "ring"]
[control]
policy = "rounds(2)"
[evaluation]
every = "2 epochs"
validation = 0.1
)x");

  CHECK(plan.sweep.name == "quickstart");
  CHECK(plan.sweep.delta == 0.3);
  CHECK(plan.sweep.baseline.empty());
  REQUIRE(plan.runs.size() == 2);
  const RunConfig& config = plan.runs[1].config;
  CHECK(config.seed == 2);
  CHECK(config.data.partition == "dirichlet(0.1)");
  CHECK(config.data.limit == 1000);
  CHECK(config.model.width == 2.0);
  CHECK(config.train.lr == 0.5);
  CHECK(!config.train.nesterov);
  CHECK(config.topology.name == std::vector<std::string>{"complete", "ring", "ring"});
  CHECK(config.evaluation.every == "2 epochs");
  CHECK(config.train.momentum == RunConfig().train.momentum);
}

TEST_CASE("a file that says only its name is one run of the defaults") {
  const Plan plan = plan_of("name = 't'");

  REQUIRE(plan.runs.size() == 1);
  RunConfig expected;
  expected.control.reference_id = {""};
  CHECK(plan.runs[0].config == expected);
  CHECK(plan.runs[0].origins.empty());
}

TEST_CASE("all that is wrong comes in one message, a line each") {
  CHECK(refusal(R"x(name = "a/b"
seeds = [1, 2, 1]
delta = -1
[train]
momentun = 0.9
nodes = 0
epochs = 1.5
nesterov = 1
[data]
dataset = 3
[topology]
name = ["ring", 4]
)x") == R"x(t.toml:1: name: 'a/b' is not a plain file name (it is a directory of results); use letters, digits, '-', '_' and '.'
t.toml:2: seeds: 1 is there twice (the same run again is not a second sample); use each seed once
t.toml:3: delta: is not a margin; write a number in the unit of the metric, such as 0.3 for points of accuracy (0: not declared)
t.toml:5: train.momentun: unknown key; did you mean train.momentum? `xibench list keys` shows all
t.toml:6: train.nodes: 0 is out of range; write a whole number that is at least 1 and at most 1000000
t.toml:7: train.epochs: expected a whole number, got a number with a fraction
t.toml:8: train.nesterov: expected true or false, got a whole number
t.toml:10: data.dataset: expected a name in quotes such as "ring" or "torus(4, 8)", got a whole number
t.toml:12: topology.name: expected a name in quotes such as "ring" or "torus(4, 8)", or a list of one per phase, got a list)x");
}

TEST_CASE("names that are no plain file names are refused") {
  for (const std::string& name : std::vector<std::string>{"''", "'.'", "'..'", "'.hidden'", "'-rf'", "'a b'", "'a/b'", "'ü'", "3"}) {
    INFO(name);
    CHECK(refusal("name = " + name).find("t.toml:1: name: ") == 0);
  }
  CHECK(refusal("name = '" + std::string(101, 'a') + "'") == "t.toml:1: name: has 101 characters (it is a directory of results); write at most 100");
  CHECK(refusal("seeds = [1]") == "t.toml: name: is missing; write name = \"quickstart\": results go to DIR/quickstart/");
  CHECK(plan_of("name = 'n64_ring-1.5'").sweep.name == "n64_ring-1.5");
}

TEST_CASE("seeds are a list of distinct whole numbers") {
  CHECK(refusal("name = 't'\nseeds = 3") == "t.toml:2: seeds: is a whole number; write a list of whole numbers such as [1, 2, 3]");
  CHECK(refusal("name = 't'\nseeds = ['1']") == "t.toml:2: seeds: holds values that are not whole numbers; write a list of whole numbers such as [1, 2, 3]");
  CHECK(refusal("name = 't'\nseeds = []") == "t.toml:2: seeds: is empty; write a list of whole numbers such as [1, 2, 3]");
  CHECK(refusal("name = 't'\nseeds = [-1]") == "t.toml:2: seeds: -1 is negative; seeds count from 0");
  CHECK(refusal("name = 't'\nseed = 3") == "t.toml:2: seed: cannot be set here; write seeds = [1, 2, 3] at the top of the file");
}

TEST_CASE("unknown keys are refused with the nearest one") {
  CHECK(refusal("name = 't'\nmomentum = 0.9") == "t.toml:2: momentum: unknown key; did you mean train.momentum? `xibench list keys` shows all");
  CHECK(refusal("name = 't'\nsedes = [1]") == "t.toml:2: sedes: unknown key; did you mean seeds? `xibench list keys` shows all");
  CHECK(refusal("name = 't'\n[zzzzzzzzz]\nqqqqqqqqqqq = 1") == "t.toml:3: zzzzzzzzz.qqqqqqqqqqq: unknown key; `xibench list keys` shows all");
  CHECK(refusal("name = 't'\n[train.nodes]\ncount = 1").find("t.toml:3: train.nodes.count: unknown key") == 0);
  CHECK(refusal("name = 't'\ncontrol.reference_id = ['x']") ==
        "t.toml:2: control.reference_id: cannot be set here; it is computed with the plan; control.reference = \"a variant\" chooses the "
        "run");
}

TEST_CASE("wrong types are refused with what was expected") {
  CHECK(refusal("name = 't'\ntrain.nodes = [8, 16]") ==
        "t.toml:2: train.nodes: expected a whole number, got a list; several values go into [sweep] as \"train.nodes\" = [...]");
  CHECK(refusal("name = 't'\ntrain.lr = 'fast'") == "t.toml:2: train.lr: expected a number, got a text");
  CHECK(refusal("name = 't'\ntrain.lr = 1979-05-27") == "t.toml:2: train.lr: expected a number, got a date or time");
  CHECK(refusal("name = 't'\ntrain.phases = 5") == "t.toml:2: train.phases: expected a list of whole numbers, got a whole number");
  CHECK(refusal("name = 't'\ntopology.name = ['ring', 4]").find("t.toml:2: topology.name: expected a name in quotes") == 0);
  CHECK(refusal("name = 't'\ntrain.lr = nan") == "t.toml:2: train.lr: nan is not a finite number; write a number");
}

TEST_CASE("text that is not TOML is refused with its line") {
  CHECK(refusal("name = 't'\ntrain.nodes = = 8").find("t.toml:2: ") == 0);
  CHECK(refusal("name = 't'\ntrain.nodes = 8\ntrain.nodes = 9").find("t.toml:3: ") == 0);
  CHECK(refusal("name = 't'\ntrain.nodes = 8\n'train.nodes' = 9") == "t.toml:3: train.nodes: is set twice; keep one of them");
}

TEST_CASE("a file that cannot be read is refused with its path") {
  CHECK_THROWS_WITH(make_plan("no/such.toml"), Catch::Contains("cannot read no/such.toml: No such file"));
  CHECK_THROWS_WITH(make_plan("/"), Catch::Contains("cannot read /: it is a folder"));
}

TEST_CASE("[sweep] takes lists of distinct values of one key each") {
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = 8") ==
        "t.toml:3: train.nodes: [sweep] needs a list of values, got a whole number; write \"train.nodes\" = [...]");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = []") ==
        "t.toml:3: train.nodes: [sweep] needs a list of values, got an empty one; write \"train.nodes\" = [...]");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = [8,\n 8]") == "t.toml:4: train.nodes: 8 is there twice; write every value once");
  CHECK(refusal("name = 't'\n[sweep]\n'topology.name' = ['torus(2,2)', 'torus(2, 2)']") ==
        "t.toml:3: topology.name: torus(2, 2) is there twice; write every value once");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = [8]\ntrain.nodes = [4]") == "t.toml:4: train.nodes: is swept twice; keep one of them");
  CHECK(refusal("name = 't'\n[sweep]\nseeds = [1, 2]") == "t.toml:3: sweep.seeds: is not a key of [sweep]; write seeds = [1, 2, 3] at the top");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nods' = [1, 2]") == "t.toml:3: train.nods: unknown key; did you mean train.nodes? `xibench list keys` shows all");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = [8,\n\n0]") ==
        "t.toml:5: train.nodes: 0 is out of range; write a whole number that is at least 1 and at most 1000000");
  CHECK(refusal("name = 't'\nsweep = 3") == "t.toml:2: sweep: has the wrong form; write [sweep] with one list per key, and [[variant]] for each variant");
}

TEST_CASE("a list of one per phase can be swept") {
  const Plan plan = plan_of(
      "name = 't'\ntrain.epochs = 2\ntrain.phases = [1]\n[sweep]\n'topology.name' = ['ring', ['complete', 'ring']]\n'train.phases' = "
      "[[1]]");

  REQUIRE(plan.runs.size() == 2);
  CHECK(plan.runs[0].config.topology.name == std::vector<std::string>{"ring", "ring"});
  CHECK(plan.runs[1].config.topology.name == std::vector<std::string>{"complete", "ring"});
}

TEST_CASE("variants have names of their own and at most one baseline") {
  const std::string a = "[[variant]]\nname = 'a'\n", b = "[[variant]]\nname = 'b'\n";

  CHECK(refusal("name = 't'\n" + a + a) == "t.toml:4: variant.name: 'a' is there twice; give every variant its own name");
  CHECK(refusal("name = 't'\n[[variant]]\ntrain.nodes = 3") == "t.toml:2: variant.name: is missing; write name = \"a name for tables and figures\"");
  CHECK(refusal("name = 't'\n[[variant]]\nname = 'a|b'") ==
        "t.toml:2: variant.name: holds '|' or a control character (names of one run are joined by '|'); leave it out");
  CHECK(refusal("name = 't'\n[[variant]]\nname = 'reference: x'") ==
        "t.toml:2: variant.name: begins with 'reference: ' (the plan gives such names itself); choose another");
  CHECK(refusal("name = 't'\n" + a + "baseline = true\n" + b + "baseline = true\n") ==
        "t.toml: variant.baseline: is true in 2 variants ('a', 'b'); set it in the one variant that the others are compared with");
  CHECK(refusal("name = 't'\ndelta = 0.3\n" + a + b) ==
        "t.toml: variant.baseline: is true nowhere (delta declares a margin of the gap to it); write baseline = true into one [[variant]], "
        "or leave out "
        "delta");
  CHECK(refusal("name = 't'\n" + a + "baseline = 1\n") == "t.toml:4: variant.baseline: expected true or false, got a whole number");
  CHECK(refusal("name = 't'\n" + a + "seeds = [1]\n").find("t.toml:4: seeds: unknown key") == 0);
  CHECK(refusal("name = 't'\n[variant]\nname = 'a'\n") ==
        "t.toml:3: variant.name: has the wrong form; write [sweep] with one list per key, and [[variant]] for each variant");
  CHECK(refusal("name = 't'\nvariant = [3]\n") == "t.toml:2: variant: is not a table; write [[variant]] and its keys below");
  CHECK(plan_of("name = 't'\n" + a + "baseline = true\n" + b).sweep.baseline == "a");
  CHECK(plan_of("name = 't'\n" + a + b).sweep.baseline.empty());
}

TEST_CASE("a run with a refused value is not looked at further, the others are") {
  Vocabulary vocabulary;
  vocabulary.checks.emplace_back([](const RunConfig& c) { require(c.train.nodes > 3, Key{"train.nodes"}, "too few; take 4"); });

  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = [0, 2]\n", {}, vocabulary) ==
        "t.toml:3: train.nodes: 0 is out of range; write a whole number that is at least 1 and at most 1000000\n"
        "t.toml:3: train.nodes: too few; take 4 (1 of 2 runs, first train.nodes = 2, seed 1)");
}

TEST_CASE("a negative seed is said once") {
  Vocabulary vocabulary;
  vocabulary.checks.emplace_back([](const RunConfig& c) { require(c.seed >= 0, Key{"seed"}, "{} is negative", c.seed); });

  CHECK(refusal("name = 't'\nseeds = [-1]\n", {}, vocabulary) == "t.toml:2: seeds: -1 is negative; seeds count from 0");
}

TEST_CASE("all that is wrong with whole runs comes with all that is wrong with the file") {
  Vocabulary vocabulary;
  vocabulary.checks.emplace_back([](const RunConfig& c) {
    Problems problems;
    problems.attempt([&] { require(c.train.nodes < 9, Key{"train.nodes"}, "{} are too many; take 8", c.train.nodes); });
    problems.attempt([&] { require(c.train.lr < 1, Key{"train.lr"}, "{} is too much", c.train.lr); });
    if (c.train.lr >= 1) problems.add(Key{"train.epochs"}, "too few");
    problems.throw_if_any();
  });
  vocabulary.check_reference = [](const RunConfig&, std::size_t) { refuse(Key{"control.gauge"}, "none is no measure"); };
  const std::string text = "name = 't'\nseeds = [1, 2]\n[train]\nlrr = 1\nnodes = 9\n";

  CHECK(refusal(text, {"train.lr=2"}, vocabulary) ==
        "t.toml:4: train.lrr: unknown key; did you mean train.lr? `xibench list keys` shows all\n"
        "t.toml:5: train.nodes: 9 are too many; take 8\n"
        "--set: train.lr: 2 is too much\n"
        "t.toml: train.epochs: too few");
  CHECK(refusal(text, {"train.nodes=8", "control.policy=fraction(0.5)"}, vocabulary) ==
        "t.toml:4: train.lrr: unknown key; did you mean train.lr? `xibench list keys` shows all\n"
        "t.toml: control.gauge: none is no measure (the uncontrolled run is the reference of fraction(0.5) in phase 1)");
}

TEST_CASE("a variant's name has at most 100 bytes, for files are named by it") {
  const auto named = [](std::size_t length) { return "name = 't'\n[[variant]]\nname = '" + std::string(length, 'v') + "'\n"; };
  CHECK(refusal(named(100)) == "");
  CHECK(refusal(named(101)) == "t.toml:2: variant.name: has 101 bytes (it becomes part of file names); write at most 100");
}

TEST_CASE("a plan that would be endless is refused") {
  std::string text = "name = 't'\n[sweep]\n";
  for (const std::string key : {"data.limit", "data.test_limit", "train.nodes", "train.epochs"}) {
    text += "'" + key + "' = [";
    for (int k = 1; k <= 50; ++k) text += std::to_string(k) + ",";
    text += "]\n";
  }
  CHECK(refusal(text) == "t.toml: the sweep has 125000 runs or more; a plan holds at most 100000: write fewer values, seeds or variants, or several files");
}
