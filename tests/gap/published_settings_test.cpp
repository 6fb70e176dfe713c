#include "harness/gap/published_settings.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/core/check.hpp"
#include "harness/gap/published_lookup.hpp"

using namespace xib;
using Catch::Contains;

namespace {

const std::string kFolder = XB_BINARY_DIR "/tests/published_settings";
const std::string kSettings = R"(tables = ["table"]
[secondary]
data.dataset = "set"
train.momentum = 0.5
train.phases = [2, 3]
topology.name = "ring"
nodes.4.train.lr = 0.25
nodes.8.train.lr = 0.5
[assumed]
train.weight_decay = 0
)";

std::vector<PublishedSettings> read(const std::string& text, const std::string& second = "") {
  std::filesystem::remove_all(kFolder);
  std::filesystem::create_directories(kFolder);
  std::ofstream(kFolder + "/a.toml") << text;
  if (!second.empty()) std::ofstream(kFolder + "/b.toml") << second;
  return read_published_settings(kFolder);
}

std::string difference(const std::string& config) { return differing_setting(read(kSettings).front(), config).value_or("none"); }

std::string config(const std::string& train, const std::string& algorithm = "dsgd", const std::string& topology = "ring",
                   const std::string& policy = "rounds(1)", const std::string& data = R"("dataset": "set")") {
  return R"({"data": {)" + data + R"(}, "train": {"algorithm": ")" + algorithm + R"(", "device": "cuda", )" + train + R"(}, "topology": {"name": [")" +
         topology + R"(", ")" + topology + R"("]}, "control": {"policy": [")" + policy + R"("]}})";
}

const std::string kTrain = R"("nodes": 4, "lr": 0.25, "momentum": 0.5, "phases": [2, 3], "weight_decay": 0.0)";

}  // namespace

TEST_CASE("settings are known by status, and some by the number of nodes") {
  const PublishedSettings settings = read(kSettings).front();

  CHECK(settings.tables == std::vector<std::string>{"table"});
  CHECK(settings.values.size() == 5);
  CHECK(settings.statuses.at("train.momentum") == "secondary");
  CHECK(settings.statuses.at("train.weight_decay") == "assumed");
  CHECK(settings.of_nodes.at("8").at("train.lr") == "0.5");
}

TEST_CASE("a run of the stated settings is the same experiment, whatever its algorithm, policy and device") {
  CHECK(difference(config(kTrain)) == "none");
  CHECK(difference(config(kTrain, "dsgd", "ring", "fraction(0.5)")) == "none");
  CHECK(difference(config(R"("nodes": 8, "lr": 0.5, "momentum": 0.5, "phases": [2, 3], "weight_decay": 0)")) == "none");
}

TEST_CASE("one setting that differs, that the run lacks, or that is not stated makes another experiment") {
  CHECK(difference(config(R"("nodes": 4, "lr": 0.25, "momentum": 0, "phases": [2, 3], "weight_decay": 0)")) == "train.momentum");
  CHECK(difference(config(R"("nodes": 4, "lr": 0.25, "momentum": 0.5, "phases": [2], "weight_decay": 0)")) == "train.phases");
  CHECK(difference(config(R"("nodes": 4, "lr": 0.25, "momentum": 0.5, "phases": [2, 3])")) == "train.weight_decay");
  CHECK(difference(config(R"("nodes": 8, "lr": 0.25, "momentum": 0.5, "phases": [2, 3], "weight_decay": 0)")) == "train.lr");
  CHECK(difference(config(R"("nodes": 5, "lr": 0.25, "momentum": 0.5, "phases": [2, 3], "weight_decay": 0)")) == "train.nodes");
  CHECK(difference(config(kTrain + R"(, "clip": 1)")) == "train.clip");
  CHECK(difference(config(kTrain, "dsgd", "ring", "rounds(1)", R"("dataset": "set", "limit": 10)")) == "data.limit");
  CHECK(difference(config(kTrain, "dsgd", "torus")) == "topology.name");
}

TEST_CASE("centralized training has no graph to differ in") {
  CHECK(difference(config(kTrain, "centralized", "torus")) == "none");
  CHECK(difference(config(kTrain + R"(, "clip": 1)", "centralized")) == "train.clip");
}

TEST_CASE("a bad settings file is refused with its name and the reason") {
  CHECK_THROWS_WITH(read("tables = ?\n"), Contains("a.toml") && Contains("no TOML at line 1"));
  CHECK_THROWS_WITH(read("[secondary]\ntrain.lr = 1\n"), Contains("a.toml") && Contains("tables = "));
  CHECK_THROWS_WITH(read("tables = [\"t\"]\n[remembered]\ntrain.lr = 1\n"), Contains("'remembered' is not a status") && Contains("unverified"));
  CHECK_THROWS_WITH(read("tables = [\"t\"]\n[secondary]\ntrain.lr = 1\n[assumed]\ntrain.lr = 1\n"), Contains("train.lr is stated twice"));
  CHECK_THROWS_WITH(read(kSettings, "tables = [\"table\"]\n[assumed]\ntrain.lr = 1\n"), Contains("b.toml") && Contains("has its settings already"));
  CHECK_THROWS_AS(read_published_settings(kFolder + "/none"), Error);
}

namespace {

const std::string kTable =
    "task,model,n,phase,target,arm,value,std,status,source\n"
    "set,m,4,,,centralized,90,0.5,unverified,a talk\n"
    "set,m,4,1,max,phase 1 at max,88,,unverified,a talk\n"
    "set,m,4,1,max,gap phase 1 at max,-2.5,,secondary,a paper\n";

PublishedLookup lookup() {
  read(kSettings);
  std::ofstream(kFolder + "/table.csv") << kTable;
  return published_lookup(kFolder);
}

FinishedRun run(const std::string& json) {
  FinishedRun r;
  r.config_json = json;
  return r;
}

std::string phase_1(const std::string& train = kTrain) {
  std::string json = config(train);
  const std::string policies = R"j(["rounds(1)"])j";
  return json.replace(json.find(policies), policies.size(), R"j(["rounds(1)", "exact", "exact"])j");
}

}  // namespace

TEST_CASE("a run finds the accuracy of its arm, and the difference of it beside a centralized baseline of the same settings") {
  const auto published = lookup();
  const FinishedRun ours = run(phase_1()), centralized = run(config(kTrain, "centralized", "torus"));

  const PublishedValues values = published(ours, &centralized);
  REQUIRE(values.accuracy);
  CHECK(values.accuracy->value == 88);
  CHECK(values.accuracy->status == "unverified");
  REQUIRE(values.difference);
  CHECK(values.difference->value == -2.5);
  CHECK(values.difference->status == "secondary");
  CHECK(values.difference->source == "a paper");
  CHECK(published(centralized, nullptr).accuracy->value == 90);
}

TEST_CASE("no published difference stands beside a difference to something else") {
  const auto published = lookup();
  const FinishedRun ours = run(phase_1()), plain = run(config(kTrain)), other = run(config(kTrain + R"(, "clip": 1)", "centralized"));

  for (const FinishedRun* baseline : {static_cast<const FinishedRun*>(nullptr), &plain, &other}) {
    const PublishedValues values = published(ours, baseline);
    CHECK(values.accuracy);
    CHECK(!values.difference);
  }
}

TEST_CASE("a run of other settings, of no arm, or without JSON finds nothing") {
  const auto published = lookup();

  CHECK(!published(run(phase_1(R"("nodes": 4, "lr": 0.25, "momentum": 0, "phases": [2, 3], "weight_decay": 0)")), nullptr).accuracy);
  CHECK(!published(run(config(kTrain, "dsgd", "ring", "target(1)")), nullptr).accuracy);
  CHECK(!published(run(config(kTrain)), nullptr).accuracy);  // an arm of these settings without a line in the table
  CHECK(!published(run("no JSON"), nullptr).accuracy);
}

TEST_CASE("settings of a table that is not there are refused") {
  read(kSettings);
  CHECK_THROWS_WITH(published_lookup(kFolder), Contains("no table table.csv"));
}

TEST_CASE("a folder or settings that cannot be read are refused by name, reason and remedy") {
  read(kSettings);
  CHECK_THROWS_WITH(read_published_settings(kFolder + "/none"), Contains("cannot read " + kFolder + "/none: ") && Contains("name the folder"));
  CHECK_THROWS_WITH(read_published_settings(kFolder + "/a.toml"), Contains("it is a file, not a folder"));
  std::filesystem::create_directory(kFolder + "/b.toml");
  CHECK_THROWS_WITH(read_published_settings(kFolder), Contains("cannot read " + kFolder + "/b.toml: it is a folder"));
  std::filesystem::remove(kFolder + "/b.toml");
  REQUIRE(::mkfifo((kFolder + "/b.toml").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_published_settings(kFolder), Contains("b.toml: it is a pipe or a device, not a file"));  // and nothing waits for the other end
}

TEST_CASE("the shipped settings belong to tables of their data set and model") {
  const auto all = read_published_settings(published_folder());
  REQUIRE(all.size() == 1);
  CHECK(all[0].tables == std::vector<std::string>{"cifar10", "cifar10_gap"});
  CHECK(all[0].values.at("data.dataset") == "cifar10");
  CHECK(all[0].values.at("model.name") == "resnet20");
  CHECK(published_lookup(published_folder()));
}
