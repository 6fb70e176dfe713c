#include "harness/cli/network_flag.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"

using namespace xib;

TEST_CASE("a network is what its text says, in every unit; what is not said stays") {
  const Interconnect both = parse_network("latency=50us,bandwidth=10Gb/s", "--network", {.latency_s = 1, .bandwidth = 1});
  CHECK(both.latency_s == 50 * 1e-6);
  CHECK(both.bandwidth == 1.25e9);
  CHECK(parse_network("bandwidth=1.25GB/s", "--network", {.latency_s = 7, .bandwidth = 1}).latency_s == 7);
  CHECK(parse_network("bandwidth=1.25GB/s", "--network").bandwidth == 1.25e9);
  CHECK(parse_network("bandwidth=8 kb/s", "--network").bandwidth == 1000);
  CHECK(parse_network("latency=0", "--network").latency_s == 0);
  CHECK(parse_seconds("2min", "--compute") == 120);
  CHECK(parse_seconds("3 µs", "--compute") == 3 * 1e-6);
  CHECK(parse_seconds("250ns", "--compute") == 250 * 1e-9);
}

TEST_CASE("what is no number, no unit or no network is refused") {
  for (const char* text : {"", "latency", "latency=", "latency=-1s", "latency=1h", "latency=nan", "latency=1us,", "bandwidth=10G", "bandwidth=0b/s",
                           "bandwidth=-1Gb/s", "bandwidth=infGb/s", "speed=1", "latency=1e308min", "bandwidth=1e308GB/s", "latency=5us,latency=6us"})
    CHECK_THROWS_AS(parse_network(text, "--network"), Error);
  CHECK_THROWS_WITH(parse_network("latency=5us,latency=6us", "--network"), "--network: 'latency=5us,latency=6us' names latency twice; name it once");
  CHECK_THROWS_AS(parse_seconds("1e308min", "--compute"), Error);
}
