#include "harness/job/driven.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace xib;

TEST_CASE("a driver learns from the exit status what its process learned of the run") {
  std::set<int> statuses;
  for (const Standing standing : {Standing::finished, Standing::diverged, Standing::interrupted, Standing::elsewhere})
    for (const bool before : {false, true}) {
      const Outcome outcome{standing, before};
      CHECK(outcome_from_exit_status(status_for_driver(outcome)) == outcome);
      statuses.insert(status_for_driver(outcome));
    }
  CHECK(statuses.size() == 8);
  CHECK((*statuses.begin() > 75 && *statuses.rbegin() < 128));  // beyond what other callers get, below what shells make of signals
}

TEST_CASE("the exit status of a process that failed tells no outcome") {
  for (const int status : {0, 1, 2, 75, 99, 126, 127, 128, 139, 255}) CHECK_FALSE(outcome_from_exit_status(status));
}
