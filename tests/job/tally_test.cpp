#include "harness/job/tally.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {

int status_of(std::initializer_list<Outcome> outcomes, std::initializer_list<bool> failures_by_bad_input = {}) {
  Tally tally;
  for (const Outcome& outcome : outcomes) tally.add(outcome);
  for (const bool bad_input : failures_by_bad_input) tally.add_failure(bad_input);
  return report(tally, outcomes.size() + failures_by_bad_input.size(), false);
}

constexpr Outcome kDone{Standing::finished}, kDiverged{Standing::diverged}, kInterrupted{Standing::interrupted}, kElsewhere{Standing::elsewhere};

}  // namespace

TEST_CASE("a list of runs ends with 0 where all results are there and none diverged, whoever made them") {
  CHECK(status_of({}) == 0);
  CHECK(status_of({kDone, outcome_before(Standing::finished)}) == 0);
  CHECK(status_of({kDone, kDiverged}) == 1);
  CHECK(status_of({outcome_before(Standing::diverged)}) == 1);
  CHECK(status_of({kDone, kElsewhere}) == 1);
}

TEST_CASE("bad input is to blame only where it is for every failure, and an interruption comes first") {
  CHECK(status_of({kDone}, {true, true}) == 2);
  CHECK(status_of({kDone}, {true, false}) == 1);
  CHECK(status_of({kDone, kInterrupted}, {true}) == 75);
}

TEST_CASE("what was done now and what was complete before are counted apart") {
  Tally tally;
  tally.add(kDone);
  tally.add(outcome_before(Standing::finished));
  tally.add(outcome_before(Standing::finished));
  CHECK((tally.finished == 1 && tally.complete_before == 2 && tally.last == outcome_before(Standing::finished)));
}
