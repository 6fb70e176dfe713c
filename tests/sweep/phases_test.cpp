#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Texts = std::vector<std::string>;

namespace {

const std::string kThree = "name = 't'\ntrain.epochs = 30\ntrain.schedule = 'steps(10, 20)'\n";

RunConfig config_of(const std::string& text) { return plan_of(text).runs.at(0).config; }

}  // namespace

TEST_CASE("phases are cut at the drops of the schedule") {
  const RunConfig config = config_of(kThree);

  CHECK(config.train.phases == std::vector<std::int64_t>{10, 20});
  CHECK(config.phase_count() == 3);
  CHECK(config.topology.name == Texts{"ring", "ring", "ring"});
  CHECK(config.control.policy == Texts{"rounds(1)", "rounds(1)", "rounds(1)"});
  CHECK(config.control.reference_id == Texts{"", "", ""});
}

TEST_CASE("a schedule without drops has one phase") {
  CHECK(config_of("name = 't'\n").phase_count() == 1);
  CHECK(config_of("name = 't'\ntrain.schedule = 'cosine'\n").phase_count() == 1);
}

TEST_CASE("train.phases cuts where the schedule does not") {
  const RunConfig config = config_of(kThree + "train.phases = [5]\n");

  CHECK(config.train.phases == std::vector<std::int64_t>{5});
  CHECK(config.phase_count() == 2);
}

TEST_CASE("phases written out where the drops are give the same run") {
  CHECK(plan_of(kThree).runs.at(0).id == plan_of(kThree + "train.phases = [10, 20]\n").runs.at(0).id);
}

TEST_CASE("a list says every phase itself") {
  const RunConfig config = config_of(kThree + "topology.name = ['complete', 'ring', 'ring']\ncontrol.policy = ['exact', 'rounds(1)', 'rounds(2)']\n");

  CHECK(config.topology.name == Texts{"complete", "ring", "ring"});
  CHECK(config.control.policy == Texts{"exact", "rounds(1)", "rounds(2)"});
}

TEST_CASE("in_phase gives the other phases to `otherwise`, and leaves no trace of the spelling") {
  const RunConfig config = config_of(kThree + "control.policy = 'rounds(3)'\ncontrol.in_phase = 2\ncontrol.otherwise = 'rounds(1)'\n");

  CHECK(config.control.policy == Texts{"rounds(1)", "rounds(3)", "rounds(1)"});
  CHECK(config.control.in_phase == 0);
  CHECK(config.control.otherwise == "exact");
}

TEST_CASE("in_phase can be swept") {
  const Plan plan = plan_of(kThree + "control.policy = 'rounds(3)'\n[sweep]\n'control.in_phase' = [0, 1, 3]\n");

  REQUIRE(plan.runs.size() == 3);
  CHECK(plan.runs[0].config.control.policy == Texts{"rounds(3)", "rounds(3)", "rounds(3)"});
  CHECK(plan.runs[1].config.control.policy == Texts{"rounds(3)", "exact", "exact"});
  CHECK(plan.runs[2].config.control.policy == Texts{"exact", "exact", "rounds(3)"});
}

TEST_CASE("the statistic of a reference matters only where there is one") {
  const std::string mean = "control.statistic = 'mean'\n";
  CHECK(plan_of(kThree + mean).runs.at(0).id == plan_of(kThree).runs.at(0).id);

  const auto controlled = plan_of(kThree + mean + "control.policy = 'fraction(0.5)'\ncontrol.in_phase = 1\n").runs;
  REQUIRE(controlled.size() == 2);
  CHECK(controlled[0].config.control.statistic == "max");
  CHECK(controlled[1].config.control.statistic == "mean");
}

TEST_CASE("the least number of rounds matters only where a policy holds a target, and is at most the largest") {
  Vocabulary vocabulary;
  vocabulary.holds_target = [](const Term& policy) { return policy.name == "fraction" || policy.name == "target"; };
  const auto least = [&](const std::string& text) { return plan_of(text + "control.min_rounds = 0\n", {}, vocabulary).runs; };

  CHECK(least(kThree).at(0).id == plan_of(kThree, {}, vocabulary).runs.at(0).id);
  const std::string controlled = kThree + "control.policy = ['exact', 'target(0.5)', 'exact']\n";
  CHECK(least(controlled).at(0).config.control.min_rounds == 0);
  CHECK(least(controlled).at(0).id != plan_of(controlled, {}, vocabulary).runs.at(0).id);
  CHECK(plan_of(controlled, {}, vocabulary).runs.at(0).config.control.min_rounds == 1);

  // The reference of a fraction is the same run whatever is said of rounds.
  const auto half = least(kThree + "control.policy = 'fraction(0.5)'\ncontrol.in_phase = 1\n");
  REQUIRE(half.size() == 2);
  CHECK(half[0].config.control.min_rounds == 1);
  CHECK(half[1].config.control.min_rounds == 0);

  CHECK(refusal("name = 't'\ncontrol.max_rounds = 4\ncontrol.min_rounds = 5\n") ==
        "t.toml:3: control.min_rounds: 5 is more than control.max_rounds, 4; lower the one or raise the other");
  CHECK(refusal("name = 't'\ncontrol.max_rounds = 5\ncontrol.min_rounds = 5\n") == "");
  CHECK(refusal("name = 't'\ncontrol.min_rounds = -1\n").starts_with("t.toml:2: control.min_rounds: -1 is out of range"));
}

TEST_CASE("a method matters only where a policy holds a target, and changes no id where it is not set") {
  Vocabulary vocabulary;
  vocabulary.holds_target = [](const Term& policy) { return policy.name == "target"; };
  const auto first = [&](const std::string& text) { return plan_of(text, {}, vocabulary).runs.at(0); };
  const std::string loop = "control.method = 'loop'\n", target = kThree + "control.policy = ['exact', 'target(0.5)', 'exact']\n";

  CHECK(first(kThree + loop).id == first(kThree).id);
  CHECK(first(target + loop).id != first(target).id);
  CHECK(first(target + loop).config.control.method == "loop");
  CHECK(first(target).canonical_json.find("method") == std::string::npos);
}

TEST_CASE("lists, drops and phases that cannot be are refused") {
  CHECK(refusal(kThree + "control.policy = ['exact', 'exact']\n") ==
        "t.toml:4: control.policy: lists 2 values for 3 phases; give one for all, or one per phase (phases are cut at train.phases, else "
        "at the "
        "drops of train.schedule)");
  CHECK(refusal(kThree + "topology.name = ['ring', 'ring']\n").starts_with("t.toml:4: topology.name: lists 2 values for 3 phases"));
  CHECK(refusal(kThree + "control.in_phase = 4\n") == "t.toml:4: control.in_phase: there is no phase 4, only 3; count from 1");
  CHECK(refusal(kThree + "control.in_phase = 1\ncontrol.policy = ['exact', 'exact', 'exact']\n") ==
        "t.toml:4: control.in_phase: control.policy already has a policy for each phase; leave out in_phase, or give one policy");
  CHECK(refusal(kThree + "train.phases = [20, 20]\n") == "t.toml:4: train.phases: 20 does not come after 20; write ascending epochs");
  CHECK(refusal(kThree + "train.phases = [30]\n") == "t.toml:4: train.phases: epoch 30 is not reached (train.epochs = 30); lower it or train longer");
  CHECK(refusal("name = 't'\ntrain.epochs = 9\ntrain.schedule = 'steps(0)'\n") ==
        "t.toml:3: train.schedule: 0 is not an epoch after the first; phases begin at 1 or later");
  CHECK(refusal("name = 't'\ntrain.schedule = 'steps(1.5)'\n") ==
        "t.toml:2: train.schedule: steps(1.5) has '1.5', which is not a whole epoch; write steps(150, 225)");
  CHECK(refusal("name = 't'\ntrain.schedule = 'steps'\n") == "t.toml:2: train.schedule: steps names no epoch; write steps(150, 225), or constant");
  CHECK(refusal("name = 't'\ntrain.warmup_epochs = 5\n") == "t.toml:2: train.warmup_epochs: 5 is longer than the training (1 epochs); lower it");
}

TEST_CASE("what a topology is read from is told per phase, by the checksum of its content, and only where there are files") {
  Vocabulary vocabulary;
  std::string content = "1";
  vocabulary.topology_sha256 = [&](const std::string& name) {
    if (name == "edges(missing)") refuse("cannot read missing");
    return name == "edges(g.txt)" ? content : "";
  };
  const auto planned = [&](const std::string& graphs) { return plan_of(kThree + "topology.name = " + graphs, {}, vocabulary).runs.at(0); };

  const PlannedRun run = planned("['ring', 'edges(./g.txt)', 'ring']");
  CHECK(run.config.topology.file_sha256 == Texts{"", "1", ""});
  CHECK(run.config.topology.name == Texts{"ring", "edges(g.txt)", "ring"});
  CHECK(planned("['ring', 'edges(g.txt)', 'ring']").id == run.id);
  content = "2";
  CHECK(planned("['ring', 'edges(g.txt)', 'ring']").id != run.id);
  CHECK(planned("'ring'").config.topology.file_sha256.empty());
  CHECK(planned("'ring'").id == plan_of(kThree + "topology.name = 'ring'").runs.at(0).id);

  CHECK(refusal(kThree + "topology.name = 'edges(missing)'\n", {}, vocabulary) == "t.toml:4: topology.name: cannot read missing");
  CHECK(refusal(kThree + "topology.file_sha256 = ['1']\n").starts_with("t.toml:4: topology.file_sha256: cannot be set here"));
}
