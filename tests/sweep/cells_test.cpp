#include "harness/sweep/cells.hpp"
#include "harness/sweep/fields.hpp"

#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;

namespace {

Plan recorded(const std::string& text) { return recorded_plan(text, "a.h5", Vocabulary()); }

// The cell of the only run with this variant and policy in its first phase; none: another number of runs.
std::optional<Axes> cell_of(const Plan& plan, const std::string& variant, const std::string& policies) {
  std::optional<Axes> found;
  int runs = 0;
  for (const auto& run : plan.runs)
    for (std::size_t k = 0; k < run.variants.size(); ++k)
      if (run.variants[k] == variant && text(Value(run.config.control.policy)) == policies) found = run.cells[k], ++runs;
  return runs == 1 ? found : std::nullopt;
}

const std::string kPhases = "name = \"p\"\n[train]\nepochs = 3\nphases = [1, 2]\n";

}  // namespace

TEST_CASE("a run states the axes that its variant leaves to the sweep") {
  const Plan plan = recorded(
      "name = \"p\"\n[sweep]\n\"train.nodes\" = [4]\n\"control.policy\" = [\"fraction(0.5)\", \"fraction(0.25)\"]\n"
      "[[variant]]\nname = \"ring\"\ncontrol.policy = \"rounds(1)\"\n[[variant]]\nname = \"controlled\"\n");
  CHECK(cell_of(plan, "controlled", "fraction(0.5)") == Axes{{"train.nodes", "4"}, {"control.policy", "fraction(0.5)"}});
  CHECK(cell_of(plan, "ring", "rounds(1)") == Axes{{"train.nodes", "4"}, {"control.policy", "*"}});
}

TEST_CASE("the controlled phase of a run is that of the sweep, and a run that no phase makes different belongs to all") {
  const Plan plan = recorded(kPhases + "[sweep]\n\"control.in_phase\" = [1, 2]\n\"control.policy\" = [\"exact\", \"fraction(0.5)\"]\n");
  CHECK(cell_of(plan, "", "[fraction(0.5), exact, exact]") == Axes{{"control.in_phase", "1"}, {"control.policy", "fraction(0.5)"}});
  CHECK(cell_of(plan, "", "[exact, fraction(0.5), exact]") == Axes{{"control.in_phase", "2"}, {"control.policy", "fraction(0.5)"}});
  CHECK(cell_of(plan, "", "exact") == Axes{{"control.in_phase", "*"}, {"control.policy", "exact"}});
  CHECK(cell_of(plan, "reference: phase 2", "[exact, rounds(1), exact]") == Axes{{"control.in_phase", "2"}, {"control.policy", "rounds(1)"}});
}

TEST_CASE("an override of the policy of the other phases changes the runs, and not their cells") {
  const std::string sweep = kPhases +
                            "[sweep]\n\"control.in_phase\" = [1, 2]\n\"control.policy\" = [\"exact\", \"rounds(3)\"]\n"
                            "[[variant]]\nname = \"own\"\ncontrol.otherwise = \"target(0.50)\"\n[[variant]]\nname = \"plain\"\n";
  const Axes second{{"control.in_phase", "2"}, {"control.policy", "exact"}};
  for (const char* below :
       {"# --set control.otherwise=\"rounds(2)\"\n", "# --set control.otherwise = rounds(2)\n", "# XIBENCH_CONTROL__OTHERWISE=rounds(2)\n"}) {
    CAPTURE(below);
    const Plan plan = recorded(sweep + below);
    CHECK(cell_of(plan, "plain", "[rounds(2), exact, rounds(2)]") == second);
    CHECK(cell_of(plan, "own", "[rounds(2), exact, rounds(2)]") == second);
  }
  CHECK(cell_of(recorded(sweep), "own", "[target(0.5), exact, target(0.5)]") == second);
}

TEST_CASE("a sweep may vary the policy of the other phases, alone or with another key") {
  const std::string variants = "[[variant]]\nname = \"exact\"\ncontrol.in_phase = 0\ncontrol.policy = \"exact\"\n[[variant]]\nname = \"one\"\n";
  const std::string alone = "[control]\nin_phase = 2\npolicy = \"rounds(3)\"\n[sweep]\n\"control.otherwise\" = [\"exact\", \"rounds(1)\"]\n";
  const std::string coupled = "[control]\npolicy = \"rounds(3)\"\n[sweep]\n\"control.otherwise, control.in_phase\" = [[\"exact\", 2], [\"rounds(1)\", 2]]\n";
  for (const auto& sweep : {alone, coupled}) {
    CAPTURE(sweep);
    const Plan plan = recorded(kPhases + sweep + variants);
    using Axis = std::pair<std::string, std::string>;
    CHECK(cell_of(plan, "one", "[exact, rounds(3), exact]").value().front() == Axis("control.otherwise", "exact"));
    CHECK(cell_of(plan, "one", "[rounds(1), rounds(3), rounds(1)]").value().front() == Axis("control.otherwise", "rounds(1)"));
    CHECK(cell_of(plan, "exact", "exact").value().front() == Axis("control.otherwise", "*"));
  }
}

TEST_CASE("a key that means nothing to a run leaves it in all cells") {
  const Plan plan = recorded(
      "name = \"p\"\n[sweep]\n\"control.statistic\" = [\"max\", \"mean\"]\n[[variant]]\nname = \"ring\"\n"
      "[[variant]]\nname = \"controlled\"\ncontrol.policy = \"fraction(0.5)\"\ncontrol.reference = \"ring\"\n");
  CHECK(cell_of(plan, "ring", "rounds(1)") == Axes{{"control.statistic", "*"}});
  CHECK(Cells(plan).find("controlled", 1, R"json({"control": {"policy": ["fraction(0.5)"], "statistic": "mean"}})json") == Axes{{"control.statistic", "mean"}});
}

TEST_CASE("an override makes one value of an axis, which stays one of the table") {
  const Plan plan = recorded("name = \"p\"\n[sweep]\n\"train.nodes, train.lr\" = [[4, 0.5], [8, 1]]\n# --set train.nodes=16\n");
  REQUIRE(plan.runs.size() == 2);
  CHECK(plan.runs[1].cells.front() == Axes{{"train.nodes", "16"}, {"train.lr", "1"}});
}

TEST_CASE("a finished run is found by what it has in the axes, whatever else its configuration says") {
  const Cells cells(recorded("name = \"p\"\nseeds = [1, 2]\n[sweep]\n\"train.nodes\" = [4, 8]\n"));
  const auto config = [](int nodes) {
    return fmt::format(R"json({{"control": {{"policy": ["rounds(1)"]}}, "new": {{"key": 1}}, "train": {{"nodes": {}}}}})json", nodes);
  };
  CHECK(cells.find("", 2, config(8)) == Axes{{"train.nodes", "8"}});
  CHECK(!cells.find("", 2, config(16)));
  CHECK(!cells.find("", 3, config(8)));
  CHECK(!cells.find("ring", 2, config(8)));
}

TEST_CASE("one value for every phase reads as one value") {
  const Settings settings = settings_of(R"({"control": {"policy": ["exact", "exact"]}, "topology": {"name": ["ring", "complete"]}, "seed": 3})");
  CHECK(settings == Settings{{"control.policy", "exact"}, {"topology.name", "[ring, complete]"}, {"seed", "3"}});
}
