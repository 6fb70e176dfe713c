#include "harness/record/stragglers.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {

// Ten steps of 1 s, of which 0.25 s are recording.
std::vector<StepRow> ten_steps() { return std::vector<StepRow>(10, StepRow{.gossip_rounds = 1, .wall_s = 1, .record_s = 0.25}); }

std::vector<int> stragglers_of(std::vector<StepRow> steps) {
  mark_stragglers(steps);
  std::vector<int> found;
  for (std::size_t k = 0; k < steps.size(); ++k)
    if (steps[k].flags & flag_straggler) found.push_back(static_cast<int>(k));
  return found;
}

}  // namespace

TEST_CASE("a straggler took more than twice the median, apart from recording") {
  auto steps = ten_steps();
  CHECK(stragglers_of(steps).empty());
  steps[3].wall_s = 1.75;  // 1.5 s: twice, not more
  steps[6].wall_s = 1.76;
  steps[7].wall_s = 5, steps[7].record_s = 4.25;
  CHECK(stragglers_of(steps) == std::vector{6});
}

TEST_CASE("steps are compared with their like") {
  auto steps = ten_steps();
  steps[9].wall_s = 9;
  CHECK(stragglers_of(steps) == std::vector{9});
  const auto with = [&](auto change) {
    auto other = steps;
    change(other[9]);
    return stragglers_of(other);
  };
  CHECK(with([](StepRow& row) { row.gossip_rounds = 30; }).empty());
  CHECK(with([](StepRow& row) { row.communication = 1; }).empty());
  CHECK(with([](StepRow& row) { row.phase = 2; }).empty());
  CHECK(with([](StepRow& row) { row.attempt = 1; }).empty());
  for (const auto flag : {flag_warmup, flag_evaluation, flag_checkpoint}) CHECK(with([&](StepRow& row) { row.flags = flag; }).empty());
}

TEST_CASE("four steps are too few to tell") {
  auto steps = ten_steps();
  steps.resize(4);
  steps[0].wall_s = 100;
  CHECK(stragglers_of(steps).empty());
}

TEST_CASE("marking again changes nothing, and other flags stay") {
  auto steps = ten_steps();
  steps[2].flags = flag_straggler;  // of an earlier look
  steps[4].flags = flag_warmup | flag_evaluation;
  steps[5].wall_s = 3;
  mark_stragglers(steps);
  CHECK(steps[2].flags == 0);
  CHECK(steps[4].flags == (flag_warmup | flag_evaluation));
  CHECK(steps[5].flags == flag_straggler);
  mark_stragglers(steps);
  CHECK(steps[5].flags == flag_straggler);
}
