#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;

namespace {

const std::string kFile = "name = 't'\nseeds = [1, 2]\ntrain.nodes = 8\n";

RunConfig config_of(const std::string& text, const std::vector<std::string>& sets) { return plan_of(text, sets).runs.at(0).config; }

}  // namespace

TEST_CASE("defaults < file < environment < --set") {
  CHECK(config_of("name = 't'", {}).train.nodes == 16);
  CHECK(config_of(kFile, {}).train.nodes == 8);
  const Variable variable("XIBENCH_TRAIN__NODES", "4");
  CHECK(config_of(kFile, {}).train.nodes == 4);
  CHECK(config_of(kFile, {"train.nodes=2"}).train.nodes == 2);
  CHECK(config_of(kFile, {"train.nodes=2", "train.nodes = 3"}).train.nodes == 3);
}

TEST_CASE("keys with underscores have variables too") {
  const Variable variable("XIBENCH_TRAIN__BATCH_SIZE", "7");
  CHECK(config_of(kFile, {}).train.batch_size == 7);
}

TEST_CASE("seeds, delta and name can be overridden") {
  const Variable variable("XIBENCH_DELTA", "0.25");
  const Plan plan = plan_of(kFile, {"seeds=[7]", "name=smoke"});

  CHECK(plan.sweep.name == "smoke");
  CHECK(plan.sweep.delta == 0.25);
  REQUIRE(plan.runs.size() == 1);
  CHECK(plan.runs[0].config.seed == 7);
}

TEST_CASE("an overridden key is no longer swept, and no variant keeps another value") {
  const std::string text = "name = 't'\n[sweep]\n'train.nodes' = [8, 16]\n[[variant]]\nname = 'a'\ntrain.nodes = 3\n[[variant]]\nname = 'b'\n";
  const Plan plan = plan_of(text, {"train.nodes=2"});

  REQUIRE(plan.runs.size() == 1);
  CHECK(plan.runs[0].config.train.nodes == 2);
  CHECK(plan.runs[0].variants == std::vector<std::string>{"a", "b"});
  CHECK(plan.runs[0].varies.empty());
}

TEST_CASE("the right side is TOML, and a text needs no quotes") {
  using Texts = std::vector<std::string>;
  CHECK(config_of(kFile, {"topology.name=torus(2, 4)"}).topology.name == Texts{"torus(2, 4)"});
  CHECK(config_of(kFile, {"topology.name=\"torus(2, 4)\""}).topology.name == Texts{"torus(2, 4)"});
  CHECK(config_of(kFile, {"topology.name='ring'"}).topology.name == Texts{"ring"});
  CHECK(config_of(kFile, {"train.epochs=2", "train.phases=[1]", "topology.name=['ring', 'complete']"}).topology.name == Texts{"ring", "complete"});
  CHECK(config_of(kFile, {"data.dataset=edges(\"a b\")"}).data.dataset == "edges(\"a b\")");
  CHECK(config_of(kFile, {"train.nesterov=false"}).train.nesterov == false);
  CHECK(config_of(kFile, {"control.policy=adaptive(0.2, beta = 0.9)"}).control.policy == Texts{"adaptive(0.2, beta = 0.9)"});
}

TEST_CASE("the record of the file says what was overridden") {
  const Variable variable("XIBENCH_TRAIN__NODES", "4");
  CHECK(plan_of("name = 't'", {"train.lr=0.5"}).sweep.source == "name = 't'\n# XIBENCH_TRAIN__NODES=4\n# --set train.lr=0.5\n");
}

TEST_CASE("overrides that cannot be are refused together with the file's errors") {
  CHECK(refusal(kFile + "train.lr = -1\n", {"train.nods=3", "train.nodes=0", "train.epochs", "=3", "train.lr=fast", "train.lr=1\nb=2"}) ==
        "t.toml:4: train.lr: -1 is out of range; write a number that is at least 0\n"
        "--set: train.epochs: is not of the form key=value; write --set train.nodes=8\n"
        "--set: =3: is not of the form key=value; write --set train.nodes=8\n"
        "--set: train.lr: 'fast' is not a TOML value; write 8, 0.1, true, \"ring\" or [1, 2]\n"
        "--set: train.lr: '1\\x0ab=2' is not a TOML value; write 8, 0.1, true, \"ring\" or [1, 2]\n"
        "--set: train.nods: unknown key; did you mean train.nodes? `xibench list keys` shows all\n"
        "--set: train.nodes: 0 is out of range; write a whole number that is at least 1 and at most 1000000");
  CHECK(refusal(kFile, {"seed=3"}) == "--set: seed: cannot be set here; write seeds = [1, 2, 3] at the top of the file");
  CHECK(refusal(kFile, {"topology.name=rin\xff"}).find("--set: topology.name: ") == 0);
}

TEST_CASE("a variable that sets no key is refused, the switches of other parts are left alone") {
  for (const auto& [name, remedy] :
       {std::pair("XIBENCH_TRAIN__NODS", "did you mean XIBENCH_TRAIN__NODES?"), std::pair("XIBENCH_TRAIN__NODESX", "did you mean XIBENCH_TRAIN__NODES?"),
        std::pair("XIBENCH_DAAT", "did you mean XIBENCH_DATA?"), std::pair("XIBENCH_SOMETHING_ELSE", "unset it")}) {
    const Variable variable(name, "4");
    CHECK(refusal(kFile) == fmt::format("environment: {}: sets no key; {}", name, remedy));
  }
  for (const char* name : {"XIBENCH_DATA", "XIBENCH_BUILD", "XIBENCH_TEST_FULL"}) {
    const Variable variable(name, "/data");
    CHECK(refusal(kFile).empty());
  }
}
