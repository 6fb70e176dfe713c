#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/run/vocabulary.hpp"
#include "harness/sweep/fields.hpp"
#include "tests/cli/capture.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Json = nlohmann::json;

namespace xib {

// A build that knows two graphs and that a step costs 10 bytes.
const Vocabulary& vocabulary() {
  static const Vocabulary small = [] {
    Vocabulary v;
    v.names["topologies"] = {"ring", "complete"};
    v.cost = [](const RunConfig& c) {
      const auto steps = static_cast<double>(4 * c.train.epochs);
      return Cost{.steps = steps, .samples = steps * 32, .bytes_sent = steps * 10};
    };
    return v;
  }();
  return small;
}

}  // namespace xib

namespace {

const std::string kSweep = R"x(name = "t"
seeds = [1, 2]
[sweep]
"topology.name" = ["ring", "complete"]
[[variant]]
name = "half"
control.policy = "fraction(0.5)"
[[variant]]
name = "free"
)x";

}  // namespace

TEST_CASE("the table has a line per run, with what varies and what it needs") {
  const SweepFile file(kSweep);
  const Plan plan = make_plan(file.path(), {}, vocabulary());
  const std::string id = plan.runs.at(5).id;

  const std::string table = output_of(add_plan, file.directory(), file.path() + " --index 5");

  CHECK(table ==
        "index  stage  id                variant  topology.name  seed  steps  samples  needs\n"
        "    5      2  " +
            id + "  half     ring              2      4      128  " + plan.runs.at(1).id + "\n");
}

TEST_CASE("refusals are in the JSON with their file, key and message") {
  const SweepFile file(kSweep + "train.lrr = 1\n");
  std::string said;
  try {
    output_of(add_plan, file.directory(), file.path() + " --json --set train.nodes=0");
  } catch (const Error& error) {
    said = error.what();
  }
  std::ifstream stdout_of_plan(file.directory() + "/stdout");
  const Json out = Json::parse(stdout_of_plan);
  CHECK(out["schema"] == "xibench-problems");
  CHECK(out["schema_version"] == 1);
  REQUIRE(out["problems"].size() == 2);
  CHECK(out["problems"][0]["file"] == file.path() + ":10");
  CHECK(out["problems"][0]["key"] == "train.lrr");
  CHECK(out["problems"][1] ==
        Json({{"file", "--set"}, {"key", "train.nodes"}, {"message", "0 is out of range; write a whole number that is at least 1 and at most 1000000"}}));
  std::string lines;
  for (const Json& p : out["problems"])
    lines += (lines.empty() ? "" : "\n") + line_of({p["file"].get<std::string>(), p["key"].get<std::string>(), p["message"].get<std::string>()});
  CHECK(said == lines);
}

TEST_CASE("the JSON holds every configuration and where each value came from") {
  const SweepFile file(kSweep);
  const Json plan = Json::parse(output_of(add_plan, file.directory(), file.path() + " --json --set train.epochs=3"));

  CHECK(plan["schema"] == "xibench-plan");
  CHECK(plan["schema_version"] == 1);
  CHECK(plan["name"] == "t");
  REQUIRE(plan["runs"].size() == 8);
  const Json& run = plan["runs"][6];
  CHECK(run["index"] == 6);
  CHECK(run["stage"] == 2);
  CHECK(run["variants"] == Json({"half"}));
  CHECK(run["varies"] == Json({{"topology.name", "complete"}}));
  CHECK(run["needs"] == Json::array({plan["runs"][2]["id"]}));
  CHECK(run["cost"]["steps"] == 12);
  CHECK(run["config"]["train"]["epochs"] == 3);
  CHECK(run_id(config_from_json(run["config"].dump())) == run["id"]);
  CHECK(run["origins"].size() == run_fields().size());
  CHECK(run["origins"]["train.epochs"] == "--set");
  CHECK(run["origins"]["control.policy"] == file.path() + ":7");
  CHECK(run["origins"]["train.lr"] == "default");
}

TEST_CASE("the names and filters are checked") {
  const SweepFile file(kSweep);

  CHECK_THROWS_WITH(output_of(add_plan, file.directory(), file.path() + " --set topology.name=rign"), Catch::Contains("did you mean 'ring'?"));
  CHECK_THROWS_WITH(output_of(add_plan, file.directory(), file.path() + " --where seed=9"), Catch::Contains("matches the filter"));
}
