#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Texts = std::vector<std::string>;

namespace {

const std::string kThree = "name = 't'\ntrain.epochs = 30\ntrain.schedule = 'steps(10, 20)'\n";

std::string variant(const std::string& name, const std::string& settings) { return "[[variant]]\nname = '" + name + "'\n" + settings + "\n"; }

const PlannedRun& run_of(const Plan& plan, const std::string& name) {
  for (const auto& run : plan.runs)
    if (std::find(run.variants.begin(), run.variants.end(), name) != run.variants.end()) return run;
  FAIL("no variant " << name);
  return plan.runs.front();
}

}  // namespace

TEST_CASE("fraction refers to the run that has rounds(1) in its phase, where the plan contains it") {
  const Plan plan = plan_of(kThree + variant("half", "control.policy = ['fraction(0.5)', 'exact', 'exact']") +
                            variant("free", "control.policy = ['rounds(1)', 'exact', 'exact']"));

  REQUIRE(plan.runs.size() == 2);
  CHECK(plan.runs[0].variants == Texts{"free"});  // earlier stages come first
  CHECK(plan.runs[0].stage == 1);
  CHECK(plan.runs[0].needs.empty());
  CHECK(plan.runs[1].variants == Texts{"half"});
  CHECK(plan.runs[1].stage == 2);
  CHECK(plan.runs[1].needs == Texts{plan.runs[0].id});
  CHECK(plan.runs[1].config.control.reference_id == Texts{plan.runs[0].id, "", ""});
}

TEST_CASE("a reference that the plan lacks is added to it") {
  const Plan plan = plan_of(kThree + variant("half", "control.policy = ['fraction(0.5)', 'exact', 'exact']") +
                            variant("quarter", "control.policy = ['fraction(0.25)', 'exact', 'exact']"));

  REQUIRE(plan.runs.size() == 3);
  CHECK(plan.runs[0].variants == Texts{"reference: phase 1 of half"});
  CHECK(plan.runs[0].config.control.policy == Texts{"rounds(1)", "exact", "exact"});
  CHECK(plan.runs[0].index == 0);
  CHECK(plan.runs[1].needs == Texts{plan.runs[0].id});
  CHECK(plan.runs[2].needs == Texts{plan.runs[0].id});
}

TEST_CASE("without variants the added run is named by its phase") {
  const Plan plan = plan_of(kThree + "control.policy = 'fraction(0.5)'\ncontrol.in_phase = 2\n");

  REQUIRE(plan.runs.size() == 2);
  CHECK(plan.runs[0].variants == Texts{"reference: phase 2"});
  CHECK(plan.runs[0].config.control.policy == Texts{"exact", "rounds(1)", "exact"});
  CHECK(plan.runs[1].config.control.reference_id == Texts{"", plan.runs[0].id, ""});
}

TEST_CASE("every seed and every point of the sweep has its own reference") {
  const Plan plan = plan_of("name = 't'\nseeds = [1, 2]\ncontrol.policy = 'fraction(0.5)'\n[sweep]\n'train.nodes' = [4, 8]\n");

  REQUIRE(plan.runs.size() == 8);
  for (std::size_t k = 4; k < 8; ++k) {
    REQUIRE(plan.runs[k].needs.size() == 1);
    const auto reference = std::find_if(plan.runs.begin(), plan.runs.end(), [&](const auto& run) { return run.id == plan.runs[k].needs[0]; });
    REQUIRE(reference != plan.runs.end());
    CHECK(reference->config.seed == plan.runs[k].config.seed);
    CHECK(reference->config.train.nodes == plan.runs[k].config.train.nodes);
    CHECK(reference->varies == plan.runs[k].varies);
  }
}

TEST_CASE("a reference has rounds(1) in its phase and in the later ones that need a reference, so K phases need K references") {
  const Plan plan = plan_of(kThree + "control.policy = 'fraction(0.5)'\n");

  REQUIRE(plan.runs.size() == 4);
  const auto& runs = plan.runs;
  CHECK(runs[0].config.control.policy == Texts{"rounds(1)", "rounds(1)", "rounds(1)"});
  CHECK(runs[1].config.control.policy == Texts{"fraction(0.5)", "rounds(1)", "rounds(1)"});
  CHECK(runs[1].config.control.reference_id == Texts{runs[0].id, "", ""});
  CHECK(runs[2].config.control.policy == Texts{"fraction(0.5)", "fraction(0.5)", "rounds(1)"});
  CHECK(runs[2].config.control.reference_id == Texts{runs[0].id, runs[1].id, ""});
  CHECK(runs[3].config.control.reference_id == Texts{runs[0].id, runs[1].id, runs[2].id});
  for (int k = 0; k < 3; ++k) CHECK(runs[static_cast<std::size_t>(k)].variants == Texts{"reference: phase " + std::to_string(k + 1)});
  for (int k = 0; k < 4; ++k) CHECK(runs[static_cast<std::size_t>(k)].stage == k + 1);
}

TEST_CASE("policies that need no reference stay in the phases of a reference, and variants share what they can") {
  const Plan plan = plan_of(kThree + variant("half", "control.policy = ['fraction(0.5)', 'exact', 'fraction(0.5)']") +
                            variant("quarter", "control.policy = ['fraction(0.25)', 'exact', 'fraction(0.5)']") +
                            variant("free", "control.policy = ['rounds(1)', 'exact', 'rounds(1)']"));

  REQUIRE(plan.runs.size() == 5);
  CHECK(plan.runs[0].variants == Texts{"free"});
  CHECK(plan.runs[1].config.control.policy == Texts{"fraction(0.5)", "exact", "rounds(1)"});
  CHECK(plan.runs[2].config.control.policy == Texts{"fraction(0.25)", "exact", "rounds(1)"});
  CHECK(plan.runs[1].needs == Texts{plan.runs[0].id});
  CHECK(plan.runs[3].needs == Texts{plan.runs[0].id, plan.runs[1].id});
}

TEST_CASE("many controlled phases are planned, too many refused") {
  const auto phases = [](int count) {
    std::string epochs;
    for (int k = 1; k < count; ++k) epochs += std::to_string(k) + ", ";
    return "name = 't'\ntrain.epochs = " + std::to_string(count) + "\ntrain.phases = [" + epochs + "]\ncontrol.policy = 'fraction(0.5)'\n";
  };
  CHECK(plan_of(phases(50)).runs.size() == 51);
  CHECK(refusal(phases(1000)).find("t.toml: the references of fraction() make the plan too long") == 0);
}

TEST_CASE("control.reference names a variant of the same point and seed") {
  const Plan plan = plan_of("name = 't'\nseeds = [1, 2]\ncontrol.reference = 'free'\n[sweep]\n'train.nodes' = [4, 8]\n" +
                            variant("half", "control.policy = 'fraction(0.5)'") + variant("free", "control.policy = 'rounds(2)'"));

  REQUIRE(plan.runs.size() == 8);
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(plan.runs[k].variants == Texts{"free"});
    CHECK(plan.runs[k + 4].needs == Texts{plan.runs[k].id});
    CHECK(plan.runs[k + 4].config.seed == plan.runs[k].config.seed);
    CHECK(plan.runs[k + 4].config.train.nodes == plan.runs[k].config.train.nodes);
  }
}

TEST_CASE("naming the run that would be the reference anyway gives the same id") {
  const std::string free = variant("free", "control.policy = 'rounds(1)'");
  const Plan found = plan_of("name = 't'\n" + free + variant("half", "control.policy = 'fraction(0.5)'"));
  const Plan named = plan_of("name = 't'\n" + free + variant("half", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'free'"));

  CHECK(run_of(found, "half").id == run_of(named, "half").id);
}

TEST_CASE("the id of a run hashes the id of its reference") {
  const std::string half = variant("half", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'free'");
  const Plan one = plan_of("name = 't'\n" + half + variant("free", "control.policy = 'rounds(1)'"));
  const Plan two = plan_of("name = 't'\n" + half + variant("free", "control.policy = 'rounds(2)'"));

  CHECK(run_of(one, "half").id != run_of(two, "half").id);
  CHECK(run_of(one, "half").config.control.reference.empty());
}

TEST_CASE("a chain of named references makes as many stages") {
  const Plan plan = plan_of("name = 't'\n" + variant("c", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'b'") +
                            variant("b", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'a'") + variant("a", ""));

  CHECK(run_of(plan, "a").stage == 1);
  CHECK(run_of(plan, "b").stage == 2);
  CHECK(run_of(plan, "c").stage == 3);
  CHECK(plan.runs[0].variants == Texts{"a"});
}

TEST_CASE("references in a circle are refused") {
  CHECK(refusal("name = 't'\n" + variant("a", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'b'") +
                variant("b", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'a'")) ==
        "t.toml:5: control.reference: variant 'a' refers to itself, directly or through others, so no run could be first; name a variant without "
        "fraction()");
  CHECK(refusal("name = 't'\n" + variant("a", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'a'")).find("refers to itself") != std::string::npos);
}

TEST_CASE("a reference that does not exist, or has other phases, is refused") {
  CHECK(refusal("name = 't'\n" + variant("alpha", "") + variant("half", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'alhpa'")) ==
        "t.toml:8: control.reference: unknown variant 'alhpa', did you mean 'alpha'?; known: alpha, half (1 of 2 runs, first variant 'half', seed 1)");
  CHECK(refusal("name = 't'\ncontrol.policy = 'fraction(0.5)'\ncontrol.reference = 'free'\n") ==
        "t.toml:3: control.reference: unknown variant 'free'; known: none");
  CHECK(refusal(kThree + variant("free", "train.phases = [5]") + variant("half", "control.policy = 'fraction(0.5)'\ncontrol.reference = 'free'"))
            .starts_with("t.toml:10: control.reference: variant 'free' has its phases at epochs [5], 'half' at [10, 20]"));
}

TEST_CASE("a reference whose distance cannot serve is refused with the line that makes it so, once for all points and seeds") {
  Vocabulary vocabulary;
  vocabulary.check_reference = [](const RunConfig& reference, std::size_t phase) {
    require(reference.control.gauge == "exact", Key{"control.gauge"}, "{} is not exact; write exact", reference.control.gauge);
    require(reference.control.policy[phase] != "exact", Key{"control.policy"}, "exact has no distance; gossip");
  };
  const std::string sweep = "name = 't'\nseeds = [1, 2]\n", points = "[sweep]\n'train.nodes' = [4, 8]\n",
                    half = variant("half", "control.policy = 'fraction(0.5)'");

  CHECK(refusal(sweep + points + half, {}, vocabulary) == "");
  CHECK(refusal(sweep + "control.gauge = 'none'\n" + points + half, {}, vocabulary) ==
        "t.toml:3: control.gauge: none is not exact; write exact (the uncontrolled run is the reference of fraction(0.5) in phase 1)");
  // The controlled run itself may have any gauge, and so may runs that nobody refers to.
  const std::string named = variant("half", "control.gauge = 'none'\ncontrol.policy = 'fraction(0.5)'\ncontrol.reference = 'free'");
  CHECK(refusal(sweep + points + named + variant("free", "") + variant("other", "control.gauge = 'none'"), {}, vocabulary) == "");
  CHECK(refusal(sweep + points + named + variant("free", "control.gauge = 'sketch'"), {}, vocabulary) ==
        "t.toml:12: control.gauge: sketch is not exact; write exact (variant 'free' is the reference of fraction(0.5) in phase 1)");
  // All that is wrong comes at once.
  const std::string two =
      refusal(sweep + points + named + variant("free", "control.gauge = 'sketch'") +
                  variant("quarter", "control.policy = 'fraction(0.25)'\ncontrol.reference = 'mean'") + variant("mean", "control.policy = 'exact'"),
              {}, vocabulary);
  CHECK(two.find("t.toml:12: control.gauge") == 0);
  CHECK(two.find("\nt.toml:19: control.policy: exact has no distance; gossip (variant 'mean' is the reference of fraction(0.25)") != std::string::npos);
}

TEST_CASE("the vocabulary says which policies need a reference") {
  Vocabulary vocabulary;
  vocabulary.needs_reference = [](const Term& policy) { return policy.name == "share"; };

  CHECK(plan_of("name = 't'\ncontrol.policy = 'fraction(0.5)'\n", {}, vocabulary).runs.size() == 1);
  CHECK(plan_of("name = 't'\ncontrol.policy = 'share(0.5)'\n", {}, vocabulary).runs.size() == 2);
}
