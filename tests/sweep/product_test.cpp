#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;

TEST_CASE("the plan is the product in the order of the file, seeds innermost") {
  const Plan plan = plan_of(R"x(
name = "t"
seeds = [3, 1]
[sweep]
"train.nodes" = [8, 16]
"topology.name" = ["ring", "complete"]
)x");

  REQUIRE(plan.runs.size() == 8);
  std::vector<std::string> seen;
  for (const auto& run : plan.runs) seen.push_back(fmt::format("{} {} {}", run.config.train.nodes, run.config.topology.name[0], run.config.seed));
  CHECK(seen == std::vector<std::string>{"8 ring 3", "8 ring 1", "8 complete 3", "8 complete 1", "16 ring 3", "16 ring 1", "16 complete 3", "16 complete 1"});
  for (std::size_t k = 0; k < 8; ++k) CHECK(plan.runs[k].index == static_cast<int>(k));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(plan.runs[2].varies == Pairs{{"train.nodes", "8"}, {"topology.name", "complete"}});
  CHECK(plan.runs[0].variants == std::vector<std::string>{""});
}

TEST_CASE("the order of [sweep] is that of the file, not of the alphabet") {
  const Plan plan = plan_of("name = 't'\n[sweep]\ntrain.nodes = [2, 4]\ndata.limit = [10, 20]\n");

  REQUIRE(plan.runs.size() == 4);
  CHECK(plan.runs[1].config.train.nodes == 2);
  CHECK(plan.runs[1].config.data.limit == 20);
}

TEST_CASE("keys that stand together change together") {
  const std::string sweep = "name = 't'\n[sweep]\n'train.nodes, train.lr' = [[2, 0.5], [4, 1], [4, 2]]\n'data.limit' = [10, 20]\n";
  const auto points = [](const Plan& plan) {
    std::vector<std::string> seen;
    for (const auto& run : plan.runs) seen.push_back(fmt::format("{} {} {}", run.config.train.nodes, run.config.train.lr, run.config.data.limit));
    return seen;
  };
  using Points = std::vector<std::string>;

  CHECK(points(plan_of(sweep)) == Points{"2 0.5 10", "2 0.5 20", "4 1 10", "4 1 20", "4 2 10", "4 2 20"});
  CHECK(points(plan_of(sweep, {"data.limit=5"})) == Points{"2 0.5 5", "4 1 5", "4 2 5"});
  CHECK(points(plan_of(sweep, {"train.lr=3", "data.limit=5"})) == Points{"2 3 5", "4 3 5"});
  CHECK(points(plan_of(sweep, {"train.nodes=8", "data.limit=5"})) == Points{"8 0.5 5", "8 1 5", "8 2 5"});
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes, train.lr' = [[2, 0.5], [4]]\n") ==
        "t.toml:3: train.nodes, train.lr: 2 keys that change together need lists of 2 values, one per key");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes, train.lr' = [2, 4]\n") ==
        "t.toml:3: train.nodes, train.lr: 2 keys that change together need lists of 2 values, one per key");
  CHECK(refusal("name = 't'\n[sweep]\n'train.nodes' = [2, 4]\n'train.lr, train.nodes' = [[1, 2]]\n") ==
        "t.toml:4: train.nodes: is swept twice; keep one of them");
}

TEST_CASE("variants are crossed with [sweep]") {
  const Plan plan = plan_of(R"x(
name = "t"
[sweep]
"train.nodes" = [8, 16]
[[variant]]
name = "central"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "ring"
)x");

  REQUIRE(plan.runs.size() == 4);
  CHECK(plan.sweep.baseline == "central");
  CHECK(plan.runs[1].variants == std::vector<std::string>{"central"});
  CHECK(plan.runs[1].config.train.algorithm == "centralized");
  CHECK(plan.runs[1].config.train.nodes == 16);
  CHECK(plan.runs[2].variants == std::vector<std::string>{"ring"});
  CHECK(plan.runs[2].config.train.algorithm == "dsgd");
}

TEST_CASE("a variant's own value wins over [sweep], and the runs that become equal are one") {
  const Plan plan = plan_of(R"x(
name = "t"
[sweep]
"topology.name" = ["ring", "exponential"]
[[variant]]
name = "central"
topology.name = "complete"
[[variant]]
name = "gossip"
)x");

  REQUIRE(plan.runs.size() == 3);
  CHECK(plan.runs[0].config.topology.name == std::vector<std::string>{"complete"});
  CHECK(plan.runs[0].varies.empty());
}

TEST_CASE("variants that resolve alike are one run with two names") {
  const Plan plan = plan_of(R"x(
name = "t"
[train]
epochs = 3
schedule = "steps(1, 2)"
[[variant]]
name = "a"
control.policy = ["rounds(2)", "exact", "exact"]
[[variant]]
name = "b"
control.policy = "rounds( 2 )"
control.in_phase = 1
)x");

  REQUIRE(plan.runs.size() == 1);
  CHECK(plan.runs[0].variants == std::vector<std::string>{"a", "b"});
}

TEST_CASE("the id does not depend on the order of keys, on defaults written out, or on blanks and zeros in a term") {
  const auto id = [](const std::string& text) { return plan_of("name = 't'\n" + text).runs.at(0).id; };
  const std::string plain = id("train.nodes = 4\ntopology.name = 'torus(2, 2)'\ndata.partition = 'dirichlet(0.1)'");

  CHECK(id("topology.name = 'torus(2,2)'\ntrain.nodes = 4\ndata.partition = 'dirichlet(0.1)'") == plain);
  CHECK(id("train.nodes = 4\ntopology.name = ['torus(2,2)']\ndata.partition = 'dirichlet(0.10)'\ntrain.epochs = 1") == plain);
  CHECK(id("train.nodes = 4\ntopology.name = 'torus(2, 2)'\ndata.partition = 'dirichlet(1e-1)'\nevaluation.every = '1 epochs'") == plain);
  CHECK(id("train.nodes = 4\ntopology.name = 'torus(2, 2)'\ndata.partition = 'dirichlet(0.2)'") != plain);
}

TEST_CASE("the id does not depend on the name of the sweep, its variants or the margin") {
  const std::string id = plan_of("name = 'a'\n").runs.at(0).id;

  CHECK(plan_of("name = 'b'\ndelta = 0.5\n").runs.at(0).id == id);
  CHECK(plan_of("name = 'a'\n[[variant]]\nname = 'x'\n").runs.at(0).id == id);
  CHECK(plan_of("name = 'a'\nseeds = [2]\n").runs.at(0).id != id);
}

TEST_CASE("what the checks refuse is said once, with the line that set the key and the runs it concerns") {
  Vocabulary vocabulary;
  vocabulary.checks.emplace_back(
      [](const RunConfig& c) { require(c.train.nodes <= 10, Key{"train.nodes"}, "{} nodes for 10 samples; take at most 10", c.train.nodes); });
  vocabulary.checks.emplace_back([](const RunConfig& c) { require(c.train.nodes != 16, "sixteen is too many; take fewer"); });

  CHECK(refusal("name = 't'\nseeds = [1, 2]\n[sweep]\n'train.nodes' = [8, 16]\n", {}, vocabulary) ==
        "t.toml:4: train.nodes: 16 nodes for 10 samples; take at most 10 (2 of 4 runs, first train.nodes = 16, seed 1)\n"
        "t.toml: sixteen is too many; take fewer (2 of 4 runs, first train.nodes = 16, seed 1)");
  CHECK(refusal("name = 't'\ntrain.nodes = 12\n", {}, vocabulary) == "t.toml:2: train.nodes: 12 nodes for 10 samples; take at most 10");
}

TEST_CASE("a check that fails for another reason than the input is not taken for one") {
  Vocabulary vocabulary;
  vocabulary.checks.emplace_back([](const RunConfig&) { fail("the disk is full"); });
  CHECK(refusal("name = 't'\n", {}, vocabulary) == "not a fault of the input");
}

TEST_CASE("the plan knows where each value came from") {
  const SweepFile file("name = 't'\nseeds = [5]\ntrain.lr = 0.5\n[sweep]\n'train.nodes' = [8]\n[[variant]]\nname = 'v'\ntrain.epochs = 2\n");
  const PlannedRun run = make_plan(file.path(), {"data.limit=100"}).runs.at(0);

  CHECK(run.origins == std::map<std::string, std::string>{{"seed", file.path() + ":2"},
                                                          {"train.lr", file.path() + ":3"},
                                                          {"train.nodes", file.path() + ":5"},
                                                          {"train.epochs", file.path() + ":8"},
                                                          {"data.limit", "--set"}});
}

TEST_CASE("a plan that would have to draw graphs for minutes is refused; graphs that are alike count once") {
  Vocabulary vocabulary;
  vocabulary.uses_seed = [](const std::string& topology) { return topology == "drawn"; };
  const auto text = [](const std::string& topology) { return "name = 't'\nseeds = [1, 2, 3]\ntrain.nodes = 1_000_000\ntopology.name = '" + topology + "'\n"; };
  CHECK(refusal(text("ring"), {}, vocabulary) == "");
  CHECK_THAT(refusal(text("drawn"), {}, vocabulary),
             Catch::Matchers::Contains("t.toml: the graphs of the runs have 3000000 nodes or more in total") && Catch::Matchers::Contains("write fewer seeds"));
}
