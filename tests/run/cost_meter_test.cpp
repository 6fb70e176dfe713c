#include "harness/run/cost_meter.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "harness/comm/thread_world.hpp"

using namespace xib;

namespace {

// A directory like /sys/class/powercap.
struct Powercap {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("xibench-powercap-" + std::to_string(getpid()));
  ~Powercap() { std::filesystem::remove_all(path); }
  void set(const std::string& package, long energy, long range = 1000000000) const {
    std::filesystem::create_directories(path / package);
    std::ofstream(path / package / "energy_uj") << energy << "\n";
    std::ofstream(path / package / "max_energy_range_uj") << range << "\n";
  }
};

std::string fact(const Facts& facts, const std::string& name) {
  for (const auto& [key, value] : facts)
    if (key == name) return value;
  return "absent";
}

}  // namespace

TEST_CASE("energy is the sum over packages, not their parts, and a counter that wrapped goes on from 0") {
  const Powercap powercap;
  powercap.set("intel-rapl:0", 5000000);
  powercap.set("intel-rapl:1", 990000000);
  powercap.set("intel-rapl:0:0", 1);  // cores of package 0: counted there
  const EnergyMeter meter(powercap.path);
  powercap.set("intel-rapl:0", 7000000);
  powercap.set("intel-rapl:1", 20000000);  // 10 J to the end of its range, 20 J since
  powercap.set("intel-rapl:0:0", 900000000);

  CHECK(meter.joules() == Approx(2 + 30));
  CHECK(std::isnan(EnergyMeter(powercap.path / "none").joules()));
}

TEST_CASE("an attempt adds to what the last heartbeat says of those before it") {
  const Powercap powercap;
  powercap.set("intel-rapl:0", 0);
  Heartbeat earlier;
  earlier.attempts = 2;
  earlier.core_seconds = 100;
  earlier.energy_joules = 7;
  CostMeter meter(4, powercap.path);
  meter.add_earlier(earlier);
  powercap.set("intel-rapl:0", 3000000);

  Heartbeat now;
  meter.write(now);

  CHECK(now.attempts == 3);
  CHECK(now.processors == 4);
  CHECK(now.core_seconds >= 100);
  CHECK(now.energy_joules == Approx(10));
  CHECK(fact(meter.facts(1 << 20), "attempts_begun") == "3");
  CHECK(fact(meter.facts(1 << 20), "energy_joules") == "10.0");
  CHECK(fact(meter.facts(1 << 20), "memory_peak_bytes") == "1048576");
  CHECK(fact(meter.facts(0), "memory_peak_bytes") == "absent");
}

TEST_CASE("what earlier attempts did not tell is absent, not 0") {
  CostMeter meter(4, "/nowhere");
  meter.add_earlier(Heartbeat());  // of a build that kept no costs

  Heartbeat now;
  meter.write(now);

  CHECK(std::isnan(now.core_seconds));
  CHECK(std::isnan(now.energy_joules));
  CHECK(fact(meter.facts(0), "core_seconds") == "absent");
  CHECK(fact(meter.facts(0), "energy_joules") == "absent");
}

TEST_CASE("the peak of memory is that of this process, and is summed over ranks") {
  reset_peak_memory();
  const std::int64_t before = peak_memory();
  REQUIRE(before > 0);
  {
    const std::vector<char> large(std::size_t{64} << 20, 1);
    CHECK(large.back() == 1);
  }
  CHECK(peak_memory() >= before + (std::int64_t{60} << 20));
  run_thread_ranks(3, [](Communicator& c) {
    const std::int64_t sum = peak_memory_of_ranks(c);
    if (c.rank() == 0 && sum < 3 * (std::int64_t{60} << 20)) throw std::runtime_error("not the sum of three");
  });
}
