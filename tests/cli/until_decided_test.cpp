#include "harness/cli/until_decided.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"

// The work's stand-in says nothing.
std::string xib::next_look_text(const NextLook&) { return {}; }

using namespace xib;
using Catch::Contains;

namespace {

NextLook wants(std::vector<std::string> missing) {
  NextLook look;
  look.state = missing.empty() ? NextLook::State::decided : NextLook::State::runs;
  look.missing = look.ids = std::move(missing);
  return look;
}

}  // namespace

TEST_CASE("runs that count as done and whose results cannot be used end the search with a sentence, not in an endless loop") {
  int times = 0;
  const auto nothing_new = [&](const NextLook& look) {
    REQUIRE(++times < 10);
    Tally tally;
    for (std::size_t k = 0; k < look.ids.size(); ++k) tally.add(outcome_before(Standing::finished));
    return tally;
  };
  const HoursLeft hours(std::nullopt);
  CHECK_THROWS_WITH(until_decided([] { return wants({"a", "b"}); }, nothing_new, hours, false), Contains("2 runs") && Contains("among them a"));
  CHECK(times == 1);
}

TEST_CASE("a look with other runs, or with fewer, goes on") {
  std::vector<NextLook> looks{wants({"a", "b"}), wants({"b"}), wants({"c"}), wants({})};
  std::size_t at = 0;
  CHECK(until_decided([&] { return looks.at(at++); }, [](const NextLook&) { return Tally{}; }, HoursLeft(std::nullopt), false) == 0);
  CHECK(at == looks.size());
}
