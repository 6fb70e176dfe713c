#include "harness/gap/published_arm.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

using namespace xib;

namespace {
std::string arm(const std::string& algorithm, const std::string& policies) {
  return published_arm(fmt::format(R"({{"train": {{"algorithm": "{}"}}, "control": {{"policy": {}}}}})", algorithm, policies));
}
}  // namespace

TEST_CASE("the paper's arms are recognised by algorithm and policies") {
  CHECK(arm("centralized", R"(["exact"])") == "centralized");
  CHECK(arm("dsgd", R"j(["rounds(1)", "rounds(1)"])j") == "dsgd");
  CHECK(arm("dsgd", R"j(["fraction(0.5)", "exact", "exact"])j") == "phase 1 at 1/2");
  CHECK(arm("dsgd", R"j(["exact", "rounds(1)", "exact"])j") == "phase 2 at max");
  CHECK(arm("dsgd", R"j(["exact", "exact", "fraction(0.125)"])j") == "phase 3 at 1/8");
}

TEST_CASE("what is no arm of the paper has no name") {
  CHECK(arm("dsgd", R"j(["fraction(0.3)", "exact"])j").empty());
  CHECK(arm("dsgd", R"(["exact", "exact"])").empty());
  CHECK(arm("dsgd", R"j(["fraction(0.5)", "fraction(0.5)", "exact"])j").empty());
  CHECK(arm("dsgd", "[]").empty());
  for (const char* other : {"qg-dsgdm", "d2", "gradient-tracking", "dsgd-cta", "sgp"}) {
    CHECK(arm(other, R"j(["rounds(1)"])j").empty());
    CHECK(arm(other, R"j(["rounds(1)", "exact"])j").empty());
  }
  CHECK(arm("another", R"j(["rounds(1)"])j").empty());
  CHECK(published_arm("no JSON").empty());
}
