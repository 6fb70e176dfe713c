#include "harness/sweep/contrasts.hpp"

#include <catch2/catch.hpp>

#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Catch::Contains;

namespace {

const std::string kSweep = R"(name = "t"
[train]
nodes = 4
[[variant]]
name = "centralized"
baseline = true
[[variant]]
name = "ring"
topology.name = "ring"
[[variant]]
name = "exact"
control.policy = "exact"
)";

std::string with(const std::string& contrast) { return kSweep + "[[contrast]]\n" + contrast; }

}  // namespace

TEST_CASE("a contrast changes no run and is found in the text") {
  const std::string text = with("arm = \"exact\"\nagainst = \"ring\"\n");
  const Plan plain = plan_of(kSweep), asked = plan_of(text);
  REQUIRE(asked.runs.size() == plain.runs.size());
  for (std::size_t k = 0; k < plain.runs.size(); ++k) CHECK(asked.runs[k].id == plain.runs[k].id);

  const auto& contrasts = asked.sweep.contrasts;
  REQUIRE(contrasts.size() == 1);
  CHECK(contrasts[0].arm == "exact");
  CHECK(contrasts[0].against == "ring");
  CHECK_THAT(contrasts[0].against_where, Catch::EndsWith("t.toml:15"));
  CHECK(plain.sweep.contrasts.empty());
}

TEST_CASE("an arm that is no variant is refused with the line of its key and the nearest name") {
  CHECK(refusal(with("arm = \"exact\"\nagainst = \"rign\"\n")) ==
        "t.toml:15: contrast.against: unknown variant 'rign', did you mean 'ring'?; known: centralized, ring, exact");
  CHECK(refusal(with("arm = \"something else\"\nagainst = \"ring\"\n")) ==
        "t.toml:14: contrast.arm: unknown variant 'something else'; known: centralized, ring, exact");
}

TEST_CASE("a contrast that says nothing new is refused") {
  CHECK_THAT(refusal(with("arm = \"exact\"\nagainst = \"centralized\"\n")), Contains("t.toml:15: contrast.against: 'centralized' is the baseline"));
  CHECK_THAT(refusal(with("arm = \"ring\"\nagainst = \"ring\"\n")), Contains("compared with itself"));
  CHECK_THAT(refusal(with("arm = \"exact\"\nagainst = \"ring\"\n[[contrast]]\narm = \"exact\"\nagainst = \"ring\"\n")), Contains("is there twice"));
}

TEST_CASE("a contrast that is written otherwise is refused") {
  CHECK_THAT(refusal(with("arm = \"exact\"\n")), Contains("contrast.against: is missing"));
  CHECK_THAT(refusal(with("arm = \"exact\"\nagainst = 3\n")), Contains("t.toml:15: contrast.against: expected the name of a variant, got a whole number"));
  CHECK_THAT(refusal(with("arm = \"exact\"\nagainst = \"ring\"\nbetter = true\n")), Contains("t.toml:16: contrast.better: unknown key"));
  CHECK_THAT(refusal(kSweep + "[contrast]\narm = \"exact\"\n"), Contains("t.toml:14: contrast.arm: has the wrong form; write [[contrast]]"));
}
