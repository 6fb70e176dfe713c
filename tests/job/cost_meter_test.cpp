#include "harness/job/cost_meter.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
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
  CostMeter meter(4, {.powercap = powercap.path});
  meter.add_earlier(earlier);
  powercap.set("intel-rapl:0", 3000000);

  Heartbeat now;
  meter.write(now);

  CHECK(now.attempts == 3);
  CHECK(now.processors == 4);
  CHECK(now.core_seconds >= 100);
  CHECK(now.energy_joules == Approx(10));
  CHECK(fact(meter.facts(1 << 20, Standing::finished), "attempts_begun") == "3");
  CHECK(fact(meter.facts(1 << 20, Standing::finished), "energy_joules") == "10.0");
  CHECK(fact(meter.facts(1 << 20, Standing::finished), "memory_peak_bytes") == "1048576");
  CHECK(fact(meter.facts(0, Standing::finished), "memory_peak_bytes") == "absent");
}

TEST_CASE("an attempt whose last heartbeat says that it runs was killed, and counts up to that heartbeat") {
  Heartbeat earlier;
  earlier.attempts = 2;
  earlier.core_seconds = 100;
  earlier.costs = {{.begun = "2021-07-18T00:00:00Z", .heard = "2021-07-18T00:01:00Z", .state = Standing::interrupted, .core_seconds = 60},
                   {.begun = "2021-07-18T01:00:00Z", .heard = "2021-07-18T01:00:40Z", .state = Standing::running, .core_seconds = 40}};
  CostMeter meter(4, {.powercap = "/nowhere"});
  meter.add_earlier(earlier);

  const auto costs = costs_from_json(fact(meter.facts(0, Standing::finished), "attempt_costs"));

  REQUIRE(costs.size() == 3);
  CHECK(costs[0].state == Standing::interrupted);
  CHECK((costs[1].state == Standing::killed && costs[1].heard == "2021-07-18T01:00:40Z" && costs[1].core_seconds == 40));
  CHECK((costs[2].state == Standing::finished && costs[2].processors == 4 && std::isnan(costs[2].energy_joules) && std::isnan(costs[2].gpu_joules)));
}

TEST_CASE("GPUs' energy is what NVML counts from the beginning on, in joules; without it, absent") {
  const std::string counter = std::filesystem::temp_directory_path() / ("xibench-nvml-" + std::to_string(getpid()));
  setenv("XB_STAND_IN_NVML", counter.c_str(), 1);
  const auto set = [&](const std::string& text) { std::ofstream(counter) << text; };
  set("5000 1000");  // mJ of two GPUs
  {
    const GpuEnergyMeter meter(XB_STAND_IN_NVML_LIBRARY);
    CHECK(meter.gpus() == 2);
    set("7500 1500");
    CHECK(meter.joules() == Approx(2.5 + 0.5));
    set("100 1500");  // the driver was loaded anew
    CHECK(std::isnan(meter.joules()));
    set("7500");  // a GPU is gone
    CHECK(std::isnan(meter.joules()));
  }
  set("7500 -");  // one does not count
  CHECK(std::isnan(GpuEnergyMeter(XB_STAND_IN_NVML_LIBRARY).joules()));
  set("");  // no GPU
  CHECK(std::isnan(GpuEnergyMeter(XB_STAND_IN_NVML_LIBRARY).joules()));
  CHECK(std::isnan(GpuEnergyMeter("libxibench-there-is-none.so.1").joules()));
  CHECK(std::isnan(GpuEnergyMeter("").joules()));

  set("5000");
  CostMeter meter(1, {.powercap = "/nowhere", .nvml = XB_STAND_IN_NVML_LIBRARY});
  set("6000");
  CHECK(fact(meter.facts(0, Standing::finished), "gpu_joules") == "1.0");
  CHECK(fact(CostMeter(1, {.powercap = "/nowhere"}).facts(0, Standing::finished), "gpu_joules") == "absent");
  std::filesystem::remove(counter);
}

TEST_CASE("what earlier attempts did not tell is absent, not 0") {
  CostMeter meter(4, {.powercap = "/nowhere"});
  meter.add_earlier(Heartbeat());  // of a build that kept no costs

  Heartbeat now;
  meter.write(now);

  CHECK(std::isnan(now.core_seconds));
  CHECK(std::isnan(now.energy_joules));
  CHECK(fact(meter.facts(0, Standing::finished), "core_seconds") == "absent");
  CHECK(fact(meter.facts(0, Standing::finished), "energy_joules") == "absent");
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
