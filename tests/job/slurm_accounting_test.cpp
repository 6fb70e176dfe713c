#include "harness/job/slurm_accounting.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace xib;

TEST_CASE("every incarnation of a requeued job is counted, with its state") {
  const auto jobs = parse_accounting(
      "Welcome to the cluster\n"
      "17_3|REQUEUED|400|\n17_3.batch|CANCELLED|400|\n17_3.0|CANCELLED by 1000|390|\n"
      "17_3|COMPLETED|1200|5000\n17_3.batch|COMPLETED|1200|5000\n17_3.0|COMPLETED|1190|4900\n"
      "18|CANCELLED by 1000|7|0\n");

  REQUIRE(jobs.size() == 3);
  CHECK((jobs[0].job == "17_3" && jobs[0].state == "REQUEUED" && jobs[0].core_seconds == 400));
  CHECK((jobs[1].state == "COMPLETED" && jobs[1].core_seconds == 1200 && jobs[1].energy_joules == 5000));
  CHECK((jobs[2].job == "18" && jobs[2].state == "CANCELLED"));
}

TEST_CASE("energy that Slurm does not gather is absent, not 0") {
  const auto jobs = parse_accounting("17|COMPLETED|400|0\n18|COMPLETED|400|\n");
  REQUIRE(jobs.size() == 2);
  for (const auto& job : jobs) CHECK(std::isnan(job.energy_joules));
}

TEST_CASE("steps side by side count the same nodes: their largest stands for a job that does not tell") {
  const auto jobs = parse_accounting("17|COMPLETED|400|\n17.batch|COMPLETED|400|3000\n17.extern|COMPLETED|400|0\n17.0|COMPLETED|390|2900\n18|COMPLETED|1|\n");
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0].energy_joules == 3000);
  CHECK(std::isnan(jobs[1].energy_joules));
}
