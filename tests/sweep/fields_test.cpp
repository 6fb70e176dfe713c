#include "harness/sweep/fields.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/sweep/interval.hpp"

using namespace xib;

namespace {

std::string refusal_of(const std::string& key, const Value& value, const Vocabulary& vocabulary = {}) {
  try {
    checked(*find_field(key), value, vocabulary);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every key is there once, with help, and its member is its own") {
  std::set<std::string_view> keys;
  for (const Field& field : run_fields()) {
    INFO(field.key);
    CHECK(keys.insert(field.key).second);
    CHECK(!field.help.empty());
    CHECK(find_field(field.key) == &field);
  }
  CHECK(find_field("train.momentun") == nullptr);
}

TEST_CASE("the defaults are values that the table allows, in canonical form") {
  for (const Field& field : run_fields()) {
    INFO(field.key);
    const Value value = get(field, RunConfig());
    if (field.key == "control.reference_id" || field.key == "control.method") continue;  // nothing that a file can say
    CHECK(checked(field, value, Vocabulary()) == value);
  }
}

TEST_CASE("the README lists every key with its default and its help") {
  std::stringstream readme;
  readme << std::ifstream(XB_SOURCE_DIR "/harness/sweep/README.md").rdbuf();
  std::string table;
  for (const Field& field : run_fields()) {
    std::string values = fmt::format("{}", fmt::join(members(field, Vocabulary()), " "));
    if (values.empty()) values = range_text(field);
    const std::string row = fmt::format("| `{}` | {} | {} | {} |\n", field.key, text(get(field, RunConfig())), values, field.help);
    table += row;
    CHECK(readme.str().find(row) != std::string::npos);
  }
  INFO("the table should read:\n" << table);
  CHECK(readme.str().find(table) != std::string::npos);
}

TEST_CASE("values out of range are refused with the range") {
  CHECK(refusal_of("train.nodes", std::int64_t{0}) == "train.nodes: 0 is out of range; write a whole number that is at least 1 and at most 1000000");
  CHECK(refusal_of("data.limit", std::int64_t{-1}) == "data.limit: -1 is out of range; write a whole number that is at least 0");
  CHECK(refusal_of("data.limit", std::numeric_limits<std::int64_t>::max()) == "");
  CHECK(refusal_of("train.momentum", 1.0) == "train.momentum: 1 is out of range; write a number that is at least 0 and below 1");
  CHECK(refusal_of("model.width", 0.0) == "model.width: 0 is out of range; write a number that is above 0");
  CHECK(refusal_of("train.lr", 1e-320) == "train.lr: 1e-320 is so near to 0 that it counts as 0; write 0, or a number above 2.3e-308");
  CHECK(refusal_of("train.lr", kNaN) == "train.lr: nan is not a finite number; write a number");
  CHECK(refusal_of("train.lr", std::numeric_limits<double>::infinity()) == "train.lr: inf is not a finite number; write a number");
  CHECK(refusal_of("train.phases", std::vector<std::int64_t>{5, 0}) == "train.phases: 0 is out of range; write a list of whole numbers that is at least 1");
  CHECK(refusal_of("train.lr", 0.0) == "");
}

TEST_CASE("members of closed sets are refused with the nearest name") {
  CHECK(refusal_of("train.precision", std::string("float23")) ==
        "train.precision: unknown value 'float23', did you mean 'float32'?; known: float32, tf32, bfloat16");
  CHECK(refusal_of("model.shortcut", std::string("conv3x3")) == "model.shortcut: unknown value 'conv3x3'; known: A, B");
  CHECK(refusal_of("control.gauge", std::string("sketch(16)")) == "");

  Vocabulary vocabulary;
  vocabulary.names["topologies"] = {"ring", "torus"};
  CHECK(refusal_of("topology.name", std::vector<std::string>{"ring", "rign"}, vocabulary) ==
        "topology.name: unknown value 'rign', did you mean 'ring'?; known: ring, torus");
  CHECK(refusal_of("topology.name", std::vector<std::string>{"torus(4, 8)"}, vocabulary) == "");
  CHECK(refusal_of("topology.name", std::vector<std::string>{"whatever"}) == "");  // nobody told the names
  CHECK(refusal_of("topology.name", std::vector<std::string>{"torus(4"}).find("has no closing parenthesis") != std::string::npos);
  CHECK(refusal_of("topology.name", std::vector<std::string>{}).find("topology.name: an empty list names nothing") == 0);
}

TEST_CASE("terms become canonical, words and whole numbers stay as they are") {
  const auto normal = [](const std::string& term) { return text(checked(*find_field("data.dataset"), term, Vocabulary())); };

  CHECK(normal("adaptive(0.20,beta=9.5e-1)") == "adaptive(0.2, beta = 0.95)");
  CHECK(normal("torus( 4,8.0 )") == "torus(4, 8)");
  CHECK(normal("edges(\"my graph.txt\")") == "edges(\"my graph.txt\")");
  CHECK(normal("edges(007)") == "edges(007)");
  CHECK(normal("edges(./g.txt)") == "edges(g.txt)");
  CHECK(normal("edges(.//a/././g.txt, directed)") == "edges(a/g.txt, directed)");
  CHECK(normal("edges(/./a//g.txt)") == "edges(/a//g.txt)");
  CHECK(normal("edges(../a./g.txt)") == "edges(../a./g.txt)");
  CHECK(normal("edges(./)") == "edges(./)");
  CHECK(normal("alternate(\"edges ./g.txt\", 2)") == "alternate(\"edges g.txt\", 2)");
  CHECK(normal("f(-0.0)") == "f(0)");
  CHECK(normal("f(1e999)") == "f(1e999)");
  CHECK(normal("f(1.2.3)") == "f(1.2.3)");
}

TEST_CASE("intervals") {
  CHECK(parse_interval("1 epoch") == Interval{Interval::Unit::epochs, 1});
  CHECK(parse_interval("2 epochs") == Interval{Interval::Unit::epochs, 2});
  CHECK(parse_interval("50  steps") == Interval{Interval::Unit::steps, 50});
  CHECK(parse_interval("phase-ends") == Interval{Interval::Unit::phase_ends, 0});
  for (const std::string text : {"1 epoch", "2 epochs", "1 step", "50 steps", "phase-ends"}) CHECK(xib::text(parse_interval(text)) == text);
  for (const std::string text : {"", "1", "1 ", "1epoch", "0 epochs", "-1 epochs", "1.5 epochs", "epoch", "2 weeks", " 1 epoch", "1 epoch "}) {
    INFO(text);
    CHECK_THROWS_AS(parse_interval(text), Error);
  }
  CHECK(refusal_of("evaluation.every", std::string("daily")) == "'daily' is not an interval; write \"1 epoch\", \"2 epochs\", \"50 steps\" or \"phase-ends\"");
  CHECK(refusal_of("evaluation.every", std::string("1000000001 steps")) == "'1000000001 steps' counts more than 1000000000; write fewer, or \"phase-ends\"");
}

TEST_CASE("values are shown as a person writes them") {
  CHECK(text(Value(0.1)) == "0.1");
  CHECK(text(Value(true)) == "true");
  CHECK(text(Value(std::vector<std::string>{"ring", "ring"})) == "ring");
  CHECK(text(Value(std::vector<std::string>{"ring", "complete"})) == "[ring, complete]");
  CHECK(text(Value(std::vector<std::int64_t>{1, 2})) == "[1, 2]");
  CHECK(text(Value(std::vector<std::string>{})) == "[]");
}
