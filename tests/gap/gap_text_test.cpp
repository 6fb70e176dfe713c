#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/nan.hpp"
#include "harness/gap/gap_table.hpp"

using namespace xib;
using Catch::Contains;
using Catch::EndsWith;

namespace {

FinishedRun run(const std::string& variant, int seed, const std::string& nodes, double accuracy) {
  FinishedRun r;
  r.id = "id", r.variant = variant, r.seed = seed, r.axes = {{"train.nodes", nodes}, {"data.partition", "dirichlet(0.1)"}};
  r.score = accuracy, r.rounds = 12000, r.bytes_sent = 3'500'000'000, r.distance_max = {0.125};
  r.gauge_bytes_sent = 48'000'000;
  if (nodes == "8") r.decision_bytes_sent = 16'000'000;  // the others are of a file that does not say it
  return r;
}

GapTable sample() {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.delta = 0.25, f.seeds = {1, 2, 3};
  f.variants = {"centralized", "ring, \"plain\""};
  std::vector<FinishedRun> runs;
  for (const std::string nodes : {"8", "16"})
    for (int seed = 1; seed <= 3; ++seed) {
      runs.push_back(run(f.variants[0], seed, nodes, 80 + 4 * seed));
      if (nodes == "8" || seed < 3) runs.push_back(run(f.variants[1], seed, nodes, 78 + 4 * seed + 0.25 * (seed % 2)));
    }
  runs[runs.size() - 2].diverged = true;                              // the ring of 16, seed 2
  runs[1].target_missed_steps = 40, runs[3].target_missed_steps = 2;  // of the ring of 8, two seeds
  return gap_table(runs, f, {}, [](const FinishedRun& r, const FinishedRun*) -> PublishedValues {
    if (r.variant == "centralized") return {};
    const PublishedValue accuracy{91.74, 0.15, "unverified", "a table"};
    if (r.axes[0].second == "16") return {accuracy, std::nullopt};
    return {accuracy, PublishedValue{-2.4, kNaN, "secondary", "a talk"}};
  });
}

std::size_t columns_wide(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

TEST_CASE("every line of a markdown table is equally wide on a terminal") {
  std::istringstream lines(gap_markdown(sample()));
  std::size_t expected = 0, rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) {
      expected = 0;
      continue;
    }
    if (expected == 0) expected = columns_wide(line);
    CAPTURE(line);
    CHECK(columns_wide(line) == expected);
    ++rows;
  }
  CHECK(rows == 2 * (2 + 4));
}

TEST_CASE("the markdown names what varies once, what does not above, and says what is missing and what can be resolved") {
  const std::string text = gap_markdown(sample());

  CHECK_THAT(text, Contains("| nodes |") && !Contains("| partition |") && Contains("data.partition = dirichlet(0.1)"));
  CHECK_THAT(text, Contains("| gap ") && Contains("-1.83"));
  CHECK_THAT(text, Contains("| 16    | ring, \"plain\" | 1 of 2 diverged |     2 |            - |          - |"));
  CHECK_THAT(text, Contains("| 12 k † |") && Contains("| 3.5 GB † |") && Contains("†: mean that includes runs that ended where they diverged"));
  CHECK_THAT(text, Contains("missing: ring, \"plain\", seed 3, train.nodes = 16"));
  CHECK_THAT(text, Contains("what 3 seeds resolve") && Contains("91.74 ± 0.15 (unverified)") && Contains("3.5 GB") && Contains("12 k"));
  CHECK_THAT(text, Contains("| published difference |") && Contains(" -2.40 (secondary) |"));
  CHECK_THAT(text, Contains("target missed: ring, \"plain\", train.nodes = 8, data.partition = dirichlet(0.1): in 42 steps"));
  CHECK_THAT(text, Contains("| measured | to decide |") && Contains("|    48 MB |     16 MB |") && Contains("|  48 MB † |         - |"));
}

namespace {

// Three arms measured by a loss: the ring ends 0.02 above centralized training, "fast" 0.02 below, "near" beside it.
GapTable of_loss(double delta) {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.delta = delta, f.variants = {"centralized", "ring", "fast", "near"}, f.contrasts = {{"ring", "fast"}};
  std::vector<FinishedRun> runs;
  for (int seed = 1; seed <= 4; ++seed)
    for (const auto& [variant, loss] : {std::pair{"centralized", 0.1}, std::pair{"ring", 0.12}, std::pair{"fast", 0.08}, std::pair{"near", 0.1005}}) {
      runs.push_back(run(variant, seed, "8", loss + 0.01 * seed + (variant == std::string("centralized") ? 0 : 1e-4 * (seed % 2))));
      runs.back().metric = mean_loss();
      runs.back().score_nodes_mean = loss, runs.back().score_nodes_worst = loss + 0.01 * seed;
    }
  return gap_table(runs, f);
}

}  // namespace

TEST_CASE("a table of a loss says that lower is better, and calls the arm with the higher loss worse") {
  const GapTable table = of_loss(0.005);
  const std::string text = gap_markdown(table);

  CHECK_THAT(text, Contains("- loss: the mean model on the test set") && Contains("lower is better") && Contains(", above 0: worse"));
  CHECK_THAT(text, Contains("| ring        | gap *                      |     4 | 0.1451 ± 0.013 |      +0.02 |"));
  CHECK_THAT(text, Contains("| fast        | gap (better) *             |     4 | 0.1051 ± 0.013 |      -0.02 |"));
  CHECK_THAT(text, Contains("| near        | no gap larger than 0.005 * |"));
  CHECK_THAT(text, Contains("| ring | fast    | worse * |") && Contains("delta = 0.005, the margin") && !Contains("points") && !Contains("%  |"));
  CHECK(table.groups[0].rows[1].score_nodes_worst == Approx(0.16).epsilon(1e-12));
  CHECK_THAT(gap_markdown(of_loss(0)), Contains("the sweep declares no margin: set delta, in the unit of the loss"));

  const auto json = nlohmann::json::parse(gap_json(table));
  CHECK(json["metric"]["name"] == "loss");
  CHECK(json["metric"]["better"] == "lower");
  CHECK(json["groups"][0]["rows"][1]["loss"]["mean"].get<double>() == Approx(0.14505).epsilon(1e-12));
  CHECK(json["groups"][0]["rows"][1]["loss_nodes_max"].is_number());
  CHECK(json["groups"][0]["rows"][1]["difference"]["worse"] == true);
  CHECK(json["groups"][0]["rows"][2]["difference"]["worse"] == false);
  CHECK_THAT(gap_csv(table), Contains(",loss_mean,loss_sd,loss_nodes_mean,loss_nodes_max,pairs,difference,difference_sd,") && Contains(",delta,verdict,") &&
                                 Contains(",loss,1,lower\n"));
}

TEST_CASE("without a baseline the table says how to declare one") {
  Sweep f;
  f.name = "tiny";
  const std::string text = gap_markdown(gap_table({run("", 1, "8", 80)}, f));

  CHECK_THAT(text, Contains("baseline = true") && Contains("80.00"));
}

TEST_CASE("names from outside read as they are written and break no table, line or JSON") {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.variants = {"centralized", "a|b `c` $x$\n*d* <i>\xff"};
  std::vector<FinishedRun> runs;
  for (int seed = 1; seed <= 2; ++seed)
    for (const auto& variant : f.variants) runs.push_back(run(variant, seed, "edges(a|b)", 80));
  const GapTable table = gap_table(runs, f);
  const std::string text = gap_markdown(table);

  CHECK_THAT(text, Contains("a\\|b \\`c\\` \\$x\\$\\\\x0a\\*d\\* \\<i>\\\\xff |") && Contains("edges(a\\|b)"));
  const auto json = nlohmann::json::parse(gap_json(table));
  CHECK(json["groups"][0]["rows"][1]["variant"] == "a|b `c` $x$\n*d* <i>\\xff");
}

TEST_CASE("a contrast is a table of its own in the text, rows in the CSV and a list in the JSON") {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.delta = 0.25, f.variants = {"centralized", "ring", "exact"}, f.contrasts = {{"exact", "ring"}};
  std::vector<FinishedRun> runs;
  for (int seed = 1; seed <= 3; ++seed)
    for (const auto& [variant, accuracy] : {std::pair{"centralized", 84.0}, std::pair{"ring", 82.0}, std::pair{"exact", 83.5}})
      runs.push_back(run(variant, seed, "8", accuracy + seed + (variant == std::string("ring") ? 0.125 * (seed % 2) : 0)));
  const GapTable table = gap_table(runs, f);

  CHECK_THAT(gap_markdown(table),
             Contains("| exact | ring    | better * |     3 |      +1.42 |") && Contains("share: (arm - against) / (centralized - against)"));
  const Share share = *table.groups[0].contrasts[0].share;
  CHECK_THAT(gap_markdown(table), Contains(fmt::format(" {:.2f} to {:.2f} |", share.interval.low, share.interval.high)));
  const std::string csv = gap_csv(table);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 3 + 1);
  CHECK_THAT(csv, Contains("8,dirichlet(0.1),exact,0,ring,1,,0,"));
  const auto contrast = nlohmann::json::parse(gap_json(table))["groups"][0]["contrasts"][0];
  CHECK(contrast["arm"] == "exact");
  CHECK(contrast["difference"]["pairs"] == 3);
  CHECK(contrast["share"]["estimate"].get<double>() == Approx(1.4166666666666667 / 1.9166666666666667).epsilon(1e-12));
  CHECK(contrast["share"]["interval_95"][0].is_number());
}

TEST_CASE("messages and what the network makes of them stand beside the bytes, with its numbers") {
  Sweep f;
  f.name = "tiny";
  auto ring = run("ring", 1, "8", 80);
  ring.traffic = {22272, 696, 24.6e6};
  GapTable table = gap_table({ring}, f);
  CHECK_THAT(gap_markdown(table), Contains(" 22.3 k |") && Contains(" 0.0545 s |") && Contains("50 µs per message and 1.25 GB/s"));
  table.network = {.latency_s = 1e-6, .bandwidth = 12.5e9};
  table.copies = 3;
  CHECK_THAT(gap_markdown(table), Contains(" 0.00266 s |") && Contains("1 µs per message and 12.5 GB/s") && Contains("3 files left out"));
  const auto json = nlohmann::json::parse(gap_json(table));
  CHECK(json["network"]["latency_s"] == 1e-6);
  CHECK(json["copies_left_out"] == 3);
  CHECK(json["groups"][0]["rows"][0]["traffic"]["messages"] == 22272);
}

TEST_CASE("a distance that was not measured exactly in every step is marked") {
  Sweep f;
  f.name = "tiny";
  auto ring = run("ring", 1, "8", 80);
  ring.config_json = R"json({"control":{"gauge":"sketch(64)","measure_every":10}})json";
  CHECK_THAT(gap_markdown(gap_table({ring}, f)),
             Contains(" 0.125 ‡ |") && Contains("‡: max Ξ of ring") && Contains("estimated by sketch(64) in one of 10 steps"));
}

TEST_CASE("the name of a graph stands under 'topology'") {
  Sweep f;
  f.name = "tiny";
  auto ring = run("", 1, "8", 80), complete = ring;
  ring.axes = {{"topology.name", "ring"}}, complete.axes = {{"topology.name", "complete"}};

  CHECK_THAT(gap_markdown(gap_table({ring, complete}, f)), Contains("| topology | variant |"));
}

TEST_CASE("runs without an accuracy are told apart from too few seeds") {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.variants = {"centralized", "ring"};
  const auto table = [&](double accuracy, int seeds, bool diverged) {
    std::vector<FinishedRun> runs;
    for (int seed = 1; seed <= seeds; ++seed)
      for (const auto& variant : f.variants) runs.push_back(run(variant, seed, "8", accuracy));
    runs.back().diverged = diverged;
    return gap_markdown(gap_table(runs, f));
  };

  CHECK_THAT(table(kNaN, 2, false), Contains("no final accuracy: nothing was evaluated") && !Contains("run more seeds"));
  CHECK_THAT(table(80, 1, false), Contains("run more seeds") && !Contains("nothing was evaluated"));
  CHECK_THAT(table(kNaN, 2, true), Contains("runs have diverged") && !Contains("nothing was evaluated"));
}

TEST_CASE("CSV has one row per cell and variant, quoted where needed") {
  std::istringstream lines(gap_csv(sample()));
  std::string header, row, second, last;
  std::getline(lines, header);
  CHECK_THAT(header, Contains("train.nodes,data.partition,variant,baseline"));
  int rows = 0;
  for (; std::getline(lines, row); ++rows) {
    if (rows == 1) second = row;
    last = row;
  }
  CHECK(rows == 4);
  CHECK_THAT(header, Contains(",gauge_bytes_sent,gauge_bytes_to_decide,gauge_bytes_to_record,") &&
                         Contains(",published_difference_points,published_difference_status"));
  CHECK_THAT(last, Contains(",48000000,,,") && Contains(",diverged,\"1 of 2 runs of"));
  CHECK_THAT(second, Contains(",48000000,16000000,32000000,") && EndsWith(",-2.4,secondary,,,,,,,accuracy,percent,higher"));
  CHECK_THAT(last, Contains("\"ring, \"\"plain\"\"\"") && Contains("16,dirichlet(0.1)"));
}

TEST_CASE("JSON has schema, version, words and null for what was not measured") {
  const auto json = nlohmann::json::parse(gap_json(sample()));

  CHECK(json["schema"] == "xibench-gap");
  CHECK(json["schema_version"] == 2);
  CHECK(json["delta"] == 0.25);
  REQUIRE(json["groups"].size() == 2);
  const auto& ring = json["groups"][0]["rows"][1];
  CHECK(json["groups"][0]["axes"]["train.nodes"] == "8");
  CHECK(ring["difference"]["verdict"] == "gap");
  CHECK(ring["difference"]["interval_95"].size() == 2);
  CHECK(ring["accuracy_nodes_min"].is_null());
  CHECK(ring["runs"].size() == 3);
  CHECK(ring["runs"][2]["seed"] == 3);
  CHECK(ring["published"]["status"] == "unverified");
  CHECK(ring["published_difference"]["difference"] == -2.4);
  CHECK(ring["published_difference"]["spread"].is_null());
  CHECK(ring["published_difference"]["status"] == "secondary");
  CHECK(json["groups"][1]["rows"][1]["published_difference"].is_null());
  CHECK(ring["gauge_bytes_sent"] == 48'000'000);
  CHECK(ring["gauge_bytes_to_decide"] == 16'000'000);
  CHECK(ring["gauge_bytes_to_record"] == 32'000'000);
  CHECK(ring["runs"][0]["gauge_bytes_to_decide"] == 16'000'000);
  CHECK(ring["target_missed_steps"] == 42);
  CHECK(ring["runs"][0]["target_missed_steps"] == 40);
  CHECK(json["groups"][1]["rows"][1]["gauge_bytes_to_decide"].is_null());
  CHECK(json["groups"][0]["rows"][0]["difference"].is_null());
  CHECK(json["missing"].size() == 1);
  CHECK(json["resolution"]["seeds"] == 3);
  const auto& lost = json["groups"][1]["rows"][1];
  CHECK(lost["diverged"] == 1);
  CHECK(lost["truncated_runs"] == 1);
  CHECK(lost["difference"]["verdict"] == "diverged");
  CHECK(lost["accuracy"]["mean"].is_null());
  CHECK(lost["runs"][1]["accuracy"].is_null());
}
