#include "harness/core/problems.hpp"

#include "harness/core/row_of.hpp"
#include "harness/core/term.hpp"

#include <catch2/catch.hpp>

using namespace xib;

TEST_CASE("a problem is printed as file, key and message, without what it does not have") {
  CHECK(line_of({"t.toml:3", "train.nodes", "0 is too few"}) == "t.toml:3: train.nodes: 0 is too few");
  CHECK(line_of({"", "--jobs", "0 is too few"}) == "--jobs: 0 is too few");
  CHECK(line_of({"t.toml", "", "is empty"}) == "t.toml: is empty");
  CHECK(line_of({"", "", "nothing matches"}) == "nothing matches");
}

TEST_CASE("an error carries its problems apart, and says them in lines") {
  try {
    refuse_in("t.toml:3", Key{"train.nodes"}, "{} is too few", 0);
  } catch (const Error& error) {
    CHECK(error.problems() == std::vector<Problem>{{"t.toml:3", "train.nodes", "0 is too few"}});
    CHECK(std::string(error.what()) == "t.toml:3: train.nodes: 0 is too few");
  }
  Problems problems;
  problems.attempt([] { require(false, Key{"train.lr"}, "{} is negative", -1); });
  problems.attempt([] { Term::parse("(", "topology.name"); });
  problems.attempt([] { require(true, Key{"seed"}, "is sound"); });
  REQUIRE(problems.all().size() == 2);
  CHECK(problems.all()[0] == Problem{"", "train.lr", "-1 is negative"});
  CHECK(problems.all()[1].key == "topology.name");
  CHECK_THROWS_WITH(problems.throw_if_any(), Catch::StartsWith("train.lr: -1 is negative\ntopology.name: '('"));
}

TEST_CASE("a refusal that carries no key gets the one that it is asked for") {
  Problems problems;
  problems.attempt(Key{"control.policy"}, [] { refuse("target: value is negative"); });
  problems.attempt(Key{"control.policy"}, [] { refuse("control.policy: target: value is nan"); });
  problems.attempt(Key{"control.policy"}, [] { refuse(Key{"control.gauge"}, "measures nothing"); });
  CHECK(problems.all() == std::vector<Problem>{{"", "control.policy", "target: value is negative"},
                                               {"", "control.policy", "target: value is nan"},
                                               {"", "control.gauge", "measures nothing"}});
}

TEST_CASE("a problem is said once and in one line, and failures of work are not collected") {
  Problems problems;
  problems.add("t.toml:3", "name", "'a\nb' is no name");
  problems.add("t.toml:3", "name", "'a\nb' is no name");
  REQUIRE(problems.all().size() == 1);
  CHECK(line_of(problems.all()[0]) == "t.toml:3: name: 'a\\x0ab' is no name");
  CHECK_THROWS_WITH(problems.attempt([] { fail("the disk is full"); }), "the disk is full");
}

TEST_CASE("a look-up in a closed set names the value and what exists") {
  CHECK(unknown_name("policy", "round", {"rounds", "exact"}) == "unknown policy 'round', did you mean 'rounds'?; known: rounds, exact");
  CHECK(unknown_name("variant", "b", {}) == "unknown variant 'b'; known: none");
  CHECK_THROWS_WITH(refuse_name("--way", "way", "x", {"graph"}), "--way: unknown way 'x'; known: graph");
}
