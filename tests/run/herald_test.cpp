#include "harness/run/herald.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>

using namespace xib;

namespace {

struct Fixture {
  std::string path = std::filesystem::temp_directory_path() / ("xibench-herald-" + std::to_string(getpid()) + ".json");
  PlannedRun planned;
  ProgressLine line{ProgressStyle::none, 1};
  Herald herald{planned, path, {}, line};
  ~Fixture() { std::filesystem::remove(path); }
  Heartbeat beat() const { return read_heartbeat(path).value(); }
};

}  // namespace

TEST_CASE("a run that goes on tells the steps behind it before it makes another, and no time left yet") {
  Fixture f;
  f.herald.say("running");
  CHECK(f.beat().steps == 0);

  f.herald.begins(5, 10);

  CHECK(f.beat().state == "running");
  CHECK(f.beat().step == 5);
  CHECK(f.beat().steps == 10);
  CHECK(std::isnan(f.beat().eta_s));
}
