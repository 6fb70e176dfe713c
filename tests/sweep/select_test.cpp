#include "harness/sweep/select.hpp"

#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;

namespace {

const Plan& plan() {
  static const Plan made = plan_of(R"x(
name = "t"
seeds = [1, 2]
train.epochs = 2
train.phases = [1]
train.lr = 0.10
[sweep]
"topology.name" = ["torus(2, 2)", ["complete", "ring"]]
[[variant]]
name = "half"
control.policy = "fraction(0.5)"
control.reference = "free"
[[variant]]
name = "free"
)x");
  return made;
}

std::vector<int> chosen(const Selection& selection) {
  std::vector<int> out;
  for (const PlannedRun* run : select(plan(), selection)) out.push_back(run->index);
  return out;
}

std::string refusal_of(const Selection& selection) {
  try {
    select(plan(), selection);
  } catch (const Error& error) {
    return error.fault() == Fault::input ? error.what() : "not a fault of the input";
  }
  return "";
}

using Indices = std::vector<int>;

}  // namespace

TEST_CASE("no filter chooses all, in plan order") { CHECK(chosen({}) == Indices{0, 1, 2, 3, 4, 5, 6, 7}); }

TEST_CASE("filters choose by index, id, stage and value") {
  CHECK(chosen({.index = {5, 2}}) == Indices{2, 5});
  CHECK(chosen({.id = {plan().runs[3].id}}) == Indices{3});
  CHECK(chosen({.id = {plan().runs[3].id.substr(0, 12), plan().runs[6].id}}) == Indices{3, 6});
  CHECK(chosen({.stage = 2}) == Indices{4, 5, 6, 7});
  CHECK(chosen({.where = {"variant=free"}}) == Indices{0, 1, 2, 3});
  CHECK(chosen({.where = {"seed=2"}}) == Indices{1, 3, 5, 7});
  CHECK(chosen({.where = {"topology.name=torus(2,2)"}}) == Indices{0, 1, 4, 5});
  CHECK(chosen({.where = {"topology.name=\"torus(2, 2)\""}}) == Indices{0, 1, 4, 5});
  CHECK(chosen({.where = {"topology.name=[complete, ring]"}}) == Indices{2, 3, 6, 7});
  CHECK(chosen({.where = {"train.lr=1e-1"}}).size() == 8);
  CHECK(chosen({.where = {"seed=2", "variant=half", "topology.name=torus(2, 2)"}}) == Indices{5});
  CHECK(chosen({.where = {"seed=2"}, .stage = 1}) == Indices{1, 3});
}

TEST_CASE("a filter that matches nothing is refused") {
  CHECK(refusal_of({.index = {8}}) == "--index: there is no run 8: the plan has 0 to 7");
  CHECK(refusal_of({.index = {-1}}) == "--index: there is no run -1: the plan has 0 to 7");
  CHECK(refusal_of({.id = {"zz"}}).find("--id: no run of") == 0);
  CHECK(refusal_of({.id = {""}}).find("--id: no run of") == 0);
  CHECK(refusal_of({.where = {"seed=3"}}).find("no run of") == 0);
  CHECK(refusal_of({.where = {"train.lr=0.1x"}}).find("no run of") == 0);
  CHECK(refusal_of({.where = {"train.lr=fast"}}).find("no run of") == 0);
  CHECK(refusal_of({.where = {"control.gauge=nothing"}}).find("no run of") == 0);
  CHECK(refusal_of({.where = {"variant=hafl"}}).find("--where: unknown variant 'hafl', did you mean 'half'?; known: ") != std::string::npos);
  CHECK(refusal_of({.where = {"variant=somebody else"}}).find("--where: unknown variant 'somebody else'; known: ") != std::string::npos);
  CHECK(refusal_of({.stage = 3}).find("no run of") == 0);
  CHECK(refusal_of({.index = {0}, .where = {"seed=2"}}).find("no run of") == 0);
  CHECK(refusal_of({.where = {"seeed=3"}}) == "--where: seeed=3: unknown key; did you mean seed? `xibench list keys` shows all");
  CHECK(refusal_of({.where = {"seed"}}) == "--where: 'seed' is not of the form key=value; write --where train.nodes=8");
}

TEST_CASE("a selection without filters is empty") {
  CHECK(Selection().empty());
  CHECK(!Selection{.index = {0}}.empty());
  CHECK(!Selection{.id = {"a"}}.empty());
  CHECK(!Selection{.where = {"seed=1"}}.empty());
  CHECK(!Selection{.stage = 1}.empty());
}
