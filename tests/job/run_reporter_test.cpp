#include "harness/job/run_reporter.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <set>

using namespace xib;

namespace {

struct Fixture {
  std::string path = std::filesystem::temp_directory_path() / ("xibench-reporter-" + std::to_string(getpid()) + ".json");
  PlannedRun planned;
  ProgressLine line{ProgressStyle::none, 1};
  RunReporter reporter{planned, path, {}, line, 4};
  ~Fixture() { std::filesystem::remove(path); }
  Heartbeat beat() const { return read_heartbeat(path).value(); }
};

}  // namespace

TEST_CASE("a run that goes on tells the steps behind it before it makes another, and no time left yet") {
  Fixture f;
  f.reporter.say(Standing::running);
  CHECK(f.beat().steps == 0);

  f.reporter.begins(5, 10);

  CHECK(f.beat().state == Standing::running);
  CHECK(f.beat().step == 5);
  CHECK(f.beat().steps == 10);
  CHECK(std::isnan(f.beat().eta_s));
}

TEST_CASE("progress is written every two seconds at most, a new state at once") {
  Fixture f;
  const auto begun = std::chrono::steady_clock::now();
  f.reporter.begins(0, 1000);
  std::set<std::int64_t> written;
  for (std::int64_t step = 1; step <= 1000; ++step) {
    f.reporter.progress({step, 1000, 0.5, 0.1, 64, 1});
    written.insert(f.beat().step);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  CHECK(static_cast<double>(written.size()) <= 1 + seconds / 2);

  f.reporter.say(Standing::interrupted);
  CHECK(f.beat().state == Standing::interrupted);
  CHECK(f.beat().step == 1000);
}
