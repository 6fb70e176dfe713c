#include "reference/dsgd.hpp"
#include "tests/equivalence/pull.hpp"

#include <catch2/catch.hpp>

// The target that follows the gradients, to the last bit: the norms are of numbers that floats represent, their squares and the sums of them of numbers that
// doubles do, and root and average are the same operations in the same order in harness and twin.
using namespace xib;
using namespace xib::equivalence;

TEST_CASE("adaptive control has the targets, rounds and bits of its twin, with an average of the phase and of the run") {
  const double s = 0.1875, beta = 0.5;
  for (const bool of_run : {false, true}) {
    const auto policy = reference::adaptive(s, beta, of_run);
    const auto twin = reference::dsgd(twin_problem(), {{1, policy, kRing}, {1, reference::rounds(1), kRing}, {1, policy, kRing}}, {}, kHalf);
    CHECK(twin[0].rounds > 1);

    const std::string text = fmt::format("adaptive({}, beta = {}{})", s, beta, of_run ? ", average = run" : "");
    const RunConfig c = config_of("dsgd", 3, {text, "rounds(1)", text});
    for (const Places places : kPlaces) {
      CAPTURE(text, places.ranks, places.threads);
      check_same(harness(places, c, 1, kRing), twin);
    }
  }
}

TEST_CASE("an average of the run goes on from any phase under adaptive, and one of the phase from none") {
  const auto first = reference::adaptive(0.75, 0.5, false), kept = reference::adaptive(0.5, 0.75, true), anew = reference::adaptive(0.5, 0.75, false);
  for (const auto& [last, text] : {std::pair(kept, "adaptive(0.5, beta = 0.75, average = run)"), {anew, "adaptive(0.5, beta = 0.75)"}}) {
    const auto twin = reference::dsgd(twin_problem(), {{2, first, kRing}, {2, last, kRing}}, {}, kHalf);
    CAPTURE(text);
    check_same(harness({3, 2}, config_of("dsgd", 2, {"adaptive(0.75, beta = 0.5)", text}), 2, kRing), twin);
  }
}
