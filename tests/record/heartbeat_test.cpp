#include "harness/record/heartbeat.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/core/check.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

TEST_CASE("a heartbeat comes back, NaN included, and replaces the one before") {
  const Scratch folder;
  const std::string path = folder / "a.json";
  CHECK_FALSE(read_heartbeat(path).has_value());
  write_heartbeat(path, {});

  write_heartbeat(
      path,
      {"id",   "ring \"½\"", Standing::failed, "no \xff space", -3, 5, 10, NAN, 0.1, 64, 1.5, "host", "17", "2021-07-18T00:00:00Z", 42, 1626566400.25, 8, 3,
       1234.5, NAN});

  const auto back = read_heartbeat(path).value();
  CHECK(back.run_id == "id");
  CHECK(back.variant == "ring \"½\"");
  CHECK(back.state == Standing::failed);
  CHECK(back.error == "no \\xff space");  // what is not UTF-8
  CHECK(back.seed == -3);
  CHECK(back.step == 5);
  CHECK(back.steps == 10);
  CHECK(std::isnan(back.loss));
  CHECK(back.consensus_distance == 0.1);
  CHECK(back.samples_per_s == 64);
  CHECK(back.eta_s == 1.5);
  CHECK(back.host == "host");
  CHECK(back.slurm_job == "17");
  CHECK(back.updated == "2021-07-18T00:00:00Z");
  CHECK(back.pid == 42);
  CHECK(back.updated_unix == 1626566400.25);
  CHECK(back.processors == 8);
  CHECK(back.attempts == 3);
  CHECK(back.core_seconds == 1234.5);
  CHECK(std::isnan(back.energy_joules));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("what each attempt has cost comes back, and what is not known is not 0") {
  const Scratch folder;
  Heartbeat beat;
  beat.costs = {{.begun = "2021-07-18T00:00:00Z",
                 .heard = "2021-07-18T00:01:00Z",
                 .state = Standing::killed,
                 .host = "n1",
                 .slurm_job = "17_3",
                 .processors = 8,
                 .core_seconds = 480.5}};
  write_heartbeat(folder / "a.json", beat);

  const auto back = read_heartbeat(folder / "a.json").value().costs;

  REQUIRE(back.size() == 1);
  CHECK((back[0].begun == "2021-07-18T00:00:00Z" && back[0].heard == "2021-07-18T00:01:00Z" && back[0].state == Standing::killed));
  CHECK((back[0].host == "n1" && back[0].slurm_job == "17_3" && back[0].processors == 8 && back[0].core_seconds == 480.5));
  CHECK((std::isnan(back[0].energy_joules) && std::isnan(back[0].gpu_joules)));
  CHECK(costs_from_json(cost_json(back)).size() == 1);
}

TEST_CASE("what is no heartbeat is refused by name") {
  const Scratch folder;
  for (const char* text : {" ", "{", "[1]", "{\"step\": \"five\"}", R"({"run_id": "a", "state": "asleep"})"}) {
    write_bytes(folder / "a.json", text);
    INFO(text);
    CHECK_THROWS_WITH(read_heartbeat(folder / "a.json"), Contains("a.json is not a heartbeat"));
  }
}

TEST_CASE("an empty file, as a power loss leaves it, is no heartbeat and no error") {
  const Scratch folder;
  write_bytes(folder / "a.json", "");
  CHECK_FALSE(read_heartbeat(folder / "a.json").has_value());
}
