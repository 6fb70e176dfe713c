#include "harness/sweep/json.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/sweep/fields.hpp"
#include "harness/sweep/plan.hpp"

using namespace xib;

namespace {

// Another value than `value`, of the same kind.
Value other(const Value& value) {
  struct {
    Value operator()(std::int64_t v) const { return v + 1; }
    Value operator()(double v) const { return v + 0.1; }
    Value operator()(bool v) const { return !v; }
    Value operator()(const std::string& v) const { return v + " \"ü\"\n"; }
    Value operator()(std::vector<std::string> v) const { return v.push_back("x\\y"), v; }
    Value operator()(std::vector<std::int64_t> v) const { return v.push_back(7), v; }
  } change;
  return std::visit(change, value);
}

RunConfig with(const Field& field, const Value& value) {
  RunConfig config;
  put(field, config, value);
  return config;
}

std::string refusal_of(const std::string& json) {
  try {
    config_from_json(json);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every field survives the way through JSON") {
  REQUIRE(config_from_json(canonical_json(RunConfig())) == RunConfig());
  for (const Field& field : run_fields()) {
    INFO(field.key);
    const RunConfig config = with(field, other(get(field, RunConfig())));

    REQUIRE(config != RunConfig());
    CHECK(config_from_json(canonical_json(config)) == config);
  }
}

TEST_CASE("every field is in the run id") {
  std::set<std::string> ids = {run_id(RunConfig())};
  for (const Field& field : run_fields()) {
    INFO(field.key);
    CHECK(ids.insert(run_id(with(field, other(get(field, RunConfig()))))).second);
  }
}

TEST_CASE("the canonical JSON of the defaults, and their id") {
  CHECK(canonical_json(RunConfig()) ==
        R"x({"control":{"gauge":"exact","in_phase":0,"max_rounds":1000,"measure_every":1,"min_rounds":1,"otherwise":"exact",)x"
        R"x("policy":["rounds(1)"],"reference":"","reference_id":[],"statistic":"max"},)x"
        R"x("data":{"dataset":"fashion-mnist","limit":0,"partition":"iid","test_limit":0},)x"
        R"x("evaluation":{"batchnorm":"average","every":"1 epoch","nodes":"phase-ends","validation":0},)x"
        R"x("model":{"name":"cnn","norm":"batch","shortcut":"A","width":1},"seed":1,"topology":{"name":["ring"],"weights":"uniform"},)x"
        R"x("train":{"algorithm":"dsgd","augment":false,"batch_size":32,"device":"cpu","epochs":1,"lr":0.1,"momentum":0.9,"nesterov":true,)x"
        R"x("nodes":16,"phases":[],"precision":"float32","schedule":"constant","warmup_epochs":0,"warmup_lr":0,"weight_decay":0.0001}})x");
  // printf 'xibench science 2\n%s' "$(the line above)" | sha256sum
  CHECK(run_id(RunConfig()) == "f528ed00101e4faf");
}

TEST_CASE("an optional key is in the JSON only where it says something, so that it changes no other id") {
  RunConfig config;
  CHECK(canonical_json(config).find("file_sha256") == std::string::npos);
  config.topology.file_sha256 = {"abc", ""};
  CHECK(canonical_json(config).find(R"("topology":{"file_sha256":["abc",""],"name":["ring"],"weights":"uniform"})") != std::string::npos);
}

TEST_CASE("keys are sorted") {
  CHECK(std::is_sorted(run_fields().begin(), run_fields().end(), [](const Field& a, const Field& b) { return a.key < b.key; }));
}

TEST_CASE("the order of keys in JSON does not matter") {
  const RunConfig config = config_from_json(R"({"train":{"nodes":8,"lr":0.5},"seed":3})");

  CHECK(config == config_from_json(R"({"seed":3,"train":{"lr":0.5,"nodes":8}})"));
  CHECK(config.train.nodes == 8);
  CHECK(config.data == RunConfig::Data());  // what an older file does not say has its default
}

TEST_CASE("numbers are written in the shortest form that reads back") {
  RunConfig config;
  for (const double lr : {0.1, 1.0 / 3, 1e-300, 1e22, 123456789.0, 0.30000000000000004}) {
    config.train.lr = lr;
    CHECK(config_from_json(canonical_json(config)).train.lr == lr);
  }
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(kNaN) == "null");

  config.train.lr = -0.0;
  RunConfig zero;
  zero.train.lr = 0;
  CHECK(run_id(config) == run_id(zero));
}

TEST_CASE("a configuration that was damaged is refused by key") {
  CHECK(refusal_of(R"({"train":{"momentun":0.9}})").find("'train.momentun'") != std::string::npos);
  CHECK(refusal_of(R"({"train":{"nodes":"8"}})").find("train.nodes = \"8\", which is not a whole number") != std::string::npos);
  CHECK(refusal_of(R"({"train":{"nodes":8.5}})").find("train.nodes = 8.5") != std::string::npos);
  CHECK(refusal_of(R"({"train":{"phases":[1.5]}})").find("train.phases") != std::string::npos);
  CHECK(refusal_of(R"({"train":{"lr":null}})").find("train.lr = null") != std::string::npos);
  CHECK(refusal_of(R"({"train":3})").find("'train'") != std::string::npos);
  CHECK(refusal_of("[]").find("not a JSON object") != std::string::npos);
  CHECK(refusal_of("{").find("not a JSON object") != std::string::npos);
}

TEST_CASE("a configuration with a number that JSON cannot represent is refused") {
  RunConfig config;
  config.train.lr = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(canonical_json(config), Error);
}
