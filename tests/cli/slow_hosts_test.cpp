#include "harness/cli/slow_hosts.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {

// A run of one rank: `steps` steps of `seconds` each on `host`, and a first, an evaluating and a saving one that take far longer.
RunRecord run_on(const std::string& id, const std::string& host, double seconds, int steps = 6) {
  RunRecord record;
  record.run_id = id;
  record.attempts.push_back({.start = "", .end = "", .hosts = host, .slurm_job = "", .ended = "finished"});
  const auto add = [&](double wall_s, std::uint8_t flags) {
    StepRow row;
    row.wall_s = wall_s;
    row.record_s = 0.25;
    row.flags = flags;
    record.steps.push_back(row);
  };
  for (const std::uint8_t flag : {flag_warmup, flag_evaluation, flag_checkpoint}) add(1000, flag);
  for (int k = 0; k < steps; ++k) add(seconds + 0.25, 0);
  return record;
}

}  // namespace

TEST_CASE("of runs that do the same work, the host that needs longest comes first, relative to the median of all") {
  std::vector<HostSample> samples;
  const auto add = [&](const RunRecord& record, const std::string& group) {
    for (const auto& sample : host_samples(record, group)) samples.push_back(sample);
  };
  add(run_on("1", "good", 1), "ring");
  add(run_on("2", "fair", 1), "ring");
  add(run_on("3", "slow", 4), "ring");
  add(run_on("4", "slow", 8), "torus");  // another work: 8 s are slow here because `good` needs 2
  add(run_on("5", "good", 2), "torus");
  add(run_on("6", "good", 2), "torus");
  add(run_on("7", "alone", 100), "exponential");  // there is nobody to compare it with

  const auto hosts = slow_hosts(samples);

  REQUIRE(hosts.size() == 3);
  CHECK(hosts[0].host == "slow");
  CHECK(hosts[0].relative == Approx(4));  // of 4 / 1 and 8 / 2
  CHECK(hosts[0].seconds == Approx(6));
  CHECK(hosts[0].runs == 2);
  for (const std::size_t other : {1u, 2u}) CHECK(hosts[other].relative == Approx(1));
}

TEST_CASE("an attempt of few steps says nothing of its host; each attempt counts for the host that it ran on") {
  CHECK(host_samples(run_on("1", "n1", 1, 4), "ring").empty());
  RunRecord moved = run_on("1", "n1", 1);
  moved.attempts.push_back(moved.attempts.front());
  moved.attempts.back().hosts = "n2";
  for (const StepRow& row : run_on("1", "n2", 3).steps) {
    moved.steps.push_back(row);
    moved.steps.back().attempt = 1;
  }

  const auto samples = host_samples(moved, "ring");

  REQUIRE(samples.size() == 2);
  CHECK((samples[0].host == "n1" && samples[0].seconds == Approx(1)));
  CHECK((samples[1].host == "n2" && samples[1].seconds == Approx(3)));
}

TEST_CASE("of several ranks each host counts by the gradients of its own, as every step waits for the slowest") {
  RunRecord record = run_on("1", "n1, n2", 9);
  record.ranks = record.attempts.front().ranks = 2;
  record.provenance.emplace_back("rank_facts", "rank 0: host n1, pid 1\nrank 1: host n2, pid 2");
  for (std::size_t t = 0; t < record.steps.size(); ++t) record.rank_compute_s.insert(record.rank_compute_s.end(), {1.0f, 3.0f});

  const auto samples = host_samples(record, "ring");

  REQUIRE(samples.size() == 2);
  CHECK((samples[0].host == "n1" && samples[0].seconds == Approx(1)));
  CHECK((samples[1].host == "n2" && samples[1].seconds == Approx(3)));
  CHECK(slow_hosts(samples).front().host == "n2");
}
