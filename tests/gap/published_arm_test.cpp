#include "harness/gap/published_key.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace xib;

namespace {
std::string config(const std::string& algorithm, const std::string& topology, const std::string& policies,
                   const std::string& partition = "iid") {
  return fmt::format(R"({{"data": {{"dataset": "cifar10", "partition": "{}"}}, "model": {{"name": "resnet20", "width": 1.0}},
                         "train": {{"algorithm": "{}", "nodes": 32}}, "topology": {{"name": ["{}"]}}, "control": {{"policy": {}}}}})",
                     partition, algorithm, topology, policies);
}
std::string arm(const std::string& json) { return published_key(json).value_or(PublishedKey{}).arm; }
}  // namespace

TEST_CASE("the paper's arms are recognised by their configuration") {
  const auto key = published_key(config("centralized", "ring", R"(["exact"])"));
  REQUIRE(key);
  CHECK(key->task == "cifar10");
  CHECK(key->model == "resnet20");
  CHECK(key->n == 32);
  CHECK(key->arm == "centralized");

  CHECK(arm(config("dsgd", "ring", "[\"rounds(1)\", \"rounds(1)\"]")) == "dsgd");
  CHECK(arm(config("dsgd", "ring", "[\"fraction(0.5)\", \"exact\", \"exact\"]")) == "phase 1 at 1/2");
  CHECK(arm(config("dsgd", "ring", "[\"exact\", \"rounds(1)\", \"exact\"]")) == "phase 2 at max");
}

TEST_CASE("what the paper did not do has no published value") {
  CHECK(!published_key(config("dsgd", "exponential", "[\"rounds(1)\"]")));
  CHECK(!published_key(config("dsgd", "ring", "[\"rounds(1)\"]", "dirichlet(0.1)")));
  CHECK(!published_key(config("dsgd", "ring", "[\"fraction(0.3)\", \"exact\"]")));
  CHECK(!published_key(config("dsgd", "ring", "[\"exact\", \"exact\"]")));
  CHECK(!published_key(config("qg-dsgdm", "ring", "[\"rounds(1)\"]")));
  CHECK(!published_key("no JSON"));
}

TEST_CASE("the folder of the published tables is there") { CHECK(std::filesystem::is_directory(published_folder())); }
