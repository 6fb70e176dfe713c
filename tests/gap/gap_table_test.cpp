#include "harness/gap/gap_table.hpp"
#include "harness/core/nan.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace xib;

namespace {

FinishedRun run(const std::string& variant, int seed, const std::string& nodes, double accuracy) {
  FinishedRun r;
  r.id = variant + nodes + std::to_string(seed);
  r.variant = variant, r.seed = seed, r.axes = {{"train.nodes", nodes}}, r.score = accuracy;
  return r;
}

Sweep facts() {
  Sweep f;
  f.name = "tiny", f.baseline = "centralized", f.delta = 0.25, f.seeds = {1, 2, 3};
  f.variants = {"centralized", "ring"}, f.axes = {"train.nodes"};
  return f;
}

}  // namespace

TEST_CASE("arms are paired by seed, whatever the order of the files") {
  const GapTable table = gap_table({run("ring", 3, "8", 85.75), run("centralized", 2, "8", 84), run("ring", 1, "8", 78), run("centralized", 1, "8", 80),
                                    run("centralized", 3, "8", 88), run("ring", 2, "8", 82.25)},
                                   facts());

  REQUIRE(table.groups.size() == 1);
  REQUIRE(table.groups[0].rows.size() == 2);
  const GapRow& centralized = table.groups[0].rows[0];
  const GapRow& ring = table.groups[0].rows[1];
  CHECK(centralized.is_baseline);
  CHECK(!centralized.paired);
  CHECK(centralized.score.mean == 84);
  CHECK(centralized.score.sd == 4);
  REQUIRE(ring.paired);
  CHECK(ring.paired->difference.mean == -2);
  CHECK(ring.paired->difference.sd == 0.25);
  CHECK(ring.paired->verdict == Verdict::gap);
  CHECK(table.missing.empty());
}

TEST_CASE("a seed without its partner counts in the mean but not in the pairs, and is listed as missing") {
  const GapTable table = gap_table({run("centralized", 1, "8", 80), run("ring", 1, "8", 79), run("ring", 2, "8", 81)}, facts());

  const GapRow& ring = table.groups[0].rows[1];
  CHECK(ring.score.n == 2);
  CHECK(ring.paired->difference.n == 1);
  CHECK(ring.paired->verdict == Verdict::undecided);
  REQUIRE(table.missing.size() == 3);
  CHECK(table.missing[0].variant == "centralized");
  CHECK(table.missing[0].seed == 2);
  CHECK(table.missing[2].variant == "ring");
  CHECK(table.missing[2].seed == 3);
}

TEST_CASE("cells ascend as numbers, and a cell is compared with its own baseline only") {
  const GapTable table = gap_table({run("ring", 1, "16", 70), run("centralized", 1, "16", 71), run("ring", 1, "8", 80)}, facts());

  REQUIRE(table.groups.size() == 2);
  CHECK(table.groups[0].axes[0].second == "8");
  CHECK(!table.groups[0].rows[0].paired);
  CHECK(table.groups[1].rows[1].paired->difference.mean == -1);
}

TEST_CASE("a run that leaves an axis open stands in every cell, and alone in a cell of its own") {
  const GapTable both = gap_table({run("centralized", 1, "*", 90), run("ring", 1, "8", 80), run("ring", 1, "16", 70)}, facts());
  REQUIRE(both.groups.size() == 2);
  CHECK(both.groups[0].rows[1].paired->difference.mean == -10);
  CHECK(both.groups[1].rows[1].paired->difference.mean == -20);

  CHECK(gap_table({run("centralized", 1, "*", 90)}, facts()).groups.size() == 1);
}

TEST_CASE("a run that diverged has no final accuracy, whatever was the last one before") {
  for (const double before : {80.0, 0.0, kNaN}) {
    FinishedRun lost = run("ring", 2, "8", before);
    lost.diverged = true, lost.score_nodes_worst = lost.score_nodes_mean = before;
    const GapTable table = gap_table({run("centralized", 1, "8", 80), run("centralized", 2, "8", 80), run("ring", 1, "8", 80), lost}, facts());

    const GapRow& ring = table.groups[0].rows[1];
    CHECK(ring.diverged == 1);
    CHECK(ring.runs.size() == 2);
    CHECK(std::isnan(ring.runs[1].score));
    CHECK(std::isnan(ring.score.mean));
    CHECK(std::isnan(ring.score_nodes_worst));
    CHECK(std::isnan(ring.paired->difference.mean));
    CHECK(ring.paired->verdict == Verdict::diverged);
    CHECK(ring.paired->why == "1 of 2 runs of ring diverged: they have no final accuracy");
  }
}

TEST_CASE("a variant whose runs all diverged where the baseline was has no gap of 0") {
  std::vector<FinishedRun> runs;
  for (int seed = 1; seed <= 5; ++seed) {
    runs.push_back(run("centralized", seed, "8", 74));
    runs.push_back(run("ring", seed, "8", 74));
    runs.back().diverged = true;
  }
  CHECK(gap_table(runs, facts()).groups[0].rows[1].paired->verdict == Verdict::diverged);
  for (auto& r : runs) r.diverged = !r.diverged;  // now the baseline
  const GapRow ring = gap_table(runs, facts()).groups[0].rows[1];
  CHECK(ring.diverged == 0);
  CHECK(ring.score.mean == 74);
  CHECK(ring.paired->verdict == Verdict::diverged);
  CHECK(ring.paired->why == "5 of 5 runs of centralized diverged: they have no final accuracy");
}

namespace {

// Centralized ends at 80 + seed, the ring 2 below, "exact" where that is given.
std::vector<FinishedRun> three_arms(const std::vector<double>& exact) {
  std::vector<FinishedRun> runs;
  for (int seed = 1; seed <= static_cast<int>(exact.size()); ++seed) {
    runs.push_back(run("centralized", seed, "8", 80 + seed));
    runs.push_back(run("ring", seed, "8", 78 + seed + 0.125 * (seed % 2)));
    runs.push_back(run("exact", seed, "8", exact[static_cast<std::size_t>(seed) - 1]));
  }
  return runs;
}

Sweep with_contrast() {
  Sweep f = facts();
  f.variants.push_back("exact");
  f.contrasts = {{"exact", "ring"}};
  return f;
}

}  // namespace

TEST_CASE("runs that are measured by different metrics have no table") {
  auto runs = std::vector{run("centralized", 1, "8", 80), run("ring", 1, "8", 0.5)};
  for (auto& r : runs) r.path = r.variant + ".h5", r.config_json = "{}";
  runs[1].metric = mean_loss();
  CHECK_THROWS_WITH(check_one_sweep(runs, facts()),
                    "centralized.h5 is measured by accuracy (percent), but ring.h5 by loss (1): a table has one metric; give the runs of one task");
}

TEST_CASE("a contrast compares two arms, and says which share of the gap one of them closes") {
  const GapTable table = gap_table(three_arms({80.5, 81.625, 82.5, 83.625}), with_contrast());

  REQUIRE(table.groups[0].contrasts.size() == 1);
  const GapContrast& contrast = table.groups[0].contrasts[0];
  CHECK(contrast.paired.difference.n == 4);
  CHECK(contrast.paired.difference.mean == 1.5);  // 1.375, 1.625, 1.375, 1.625
  CHECK(contrast.paired.verdict == Verdict::gap);
  CHECK(contrast.paired.p_table == contrast.paired.p);  // a family of one
  REQUIRE(contrast.share);
  CHECK(contrast.share->pairs == 4);
  CHECK(contrast.share->estimate == 1.5 / 1.9375);
  CHECK(contrast.share->interval.low < 1.5 / 1.9375);
  CHECK(gap_table(three_arms({80, 81}), facts()).groups[0].contrasts.empty());
}

TEST_CASE("a contrast with a diverged run says so, and one without runs or baseline what is missing") {
  auto runs = three_arms({80.5, 81.625, 82.5});
  for (auto& r : runs) r.diverged = r.variant == "ring" && r.seed == 2;
  const GapContrast lost = gap_table(runs, with_contrast()).groups[0].contrasts[0];
  CHECK(lost.paired.verdict == Verdict::diverged);
  CHECK(lost.diverged == 1);
  CHECK(std::isnan(lost.share->interval.low));

  std::erase_if(runs, [](const FinishedRun& r) { return r.variant == "exact"; });
  CHECK(gap_table(runs, with_contrast()).groups[0].contrasts[0].paired.difference.n == 0);
  std::erase_if(runs, [](const FinishedRun& r) { return r.variant == "centralized"; });
  CHECK(!gap_table(runs, with_contrast()).groups[0].contrasts[0].share);
}

TEST_CASE("the words of a table are adjusted over its comparisons, and the same runs in several cells are one of them") {
  auto runs = three_arms({80.5, 81.625, 82.5, 83.625});
  const auto p_of = [](const GapTable& table, std::size_t row) { return *table.groups[0].rows[row].paired; };
  const GapTable one = gap_table(runs, with_contrast());
  CHECK(std::min(p_of(one, 1).p_table / p_of(one, 1).p, p_of(one, 2).p_table / p_of(one, 2).p) >= 1);
  CHECK(std::max(p_of(one, 1).p_table / p_of(one, 1).p, p_of(one, 2).p_table / p_of(one, 2).p) == Approx(2).epsilon(1e-12));

  for (auto& r : runs) r.axes = {{"train.nodes", "*"}};
  const GapTable alone = gap_table(runs, with_contrast());
  auto more = runs;
  for (const std::string nodes : {"8", "16"}) more.push_back(run("another", 1, nodes, 80));  // opens two cells, without a pair that could be told apart
  const GapTable both = gap_table(more, with_contrast());
  REQUIRE(both.groups.size() == 2);
  CHECK(p_of(both, 1).p_table == p_of(alone, 1).p_table);
}

TEST_CASE("a largest distance that was estimated, or not measured in every step, is told from the exact one") {
  auto exact = run("ring", 1, "8", 80), sketch = exact, rarely = exact;
  exact.config_json = R"({"control":{"gauge":"exact","measure_every":1}})";
  sketch.config_json = R"json({"control":{"gauge":"sketch(64)","measure_every":1}})json";
  rarely.config_json = R"({"control":{"gauge":"exact","measure_every":10}})";
  CHECK(distance_is_exact(gap_table({exact}, facts()).groups[0].rows[0]));
  CHECK(!distance_is_exact(gap_table({sketch}, facts()).groups[0].rows[0]));
  CHECK(!distance_is_exact(gap_table({rarely}, facts()).groups[0].rows[0]));
  CHECK(gap_table({rarely}, facts()).groups[0].rows[0].measure_every == 10);
}

TEST_CASE("costs are means over seeds, the worst node is the worst of all seeds") {
  FinishedRun a = run("ring", 1, "8", 80), b = run("ring", 2, "8", 80);
  a.rounds = 100, b.rounds = 200, a.bytes_sent = 1000, b.bytes_sent = 3000;
  a.gauge_bytes_sent = 400, b.gauge_bytes_sent = 600, a.decision_bytes_sent = 400, b.decision_bytes_sent = 200;
  a.score_nodes_worst = 70, b.score_nodes_worst = 60;
  a.distance_max = {4, 2}, b.distance_max = {8, 1};
  const GapRow row = gap_table({a, b}, facts()).groups[0].rows[0];

  CHECK(row.rounds == 150);
  CHECK(row.bytes_sent == 2000);
  CHECK(row.gauge_bytes_sent == 500);
  CHECK(row.gauge_bytes_to_decide == 300);
  CHECK(row.gauge_bytes_to_record == 200);
  CHECK(row.score_nodes_worst == 60);
  CHECK(row.distance_max == std::vector<double>{6, 1.5});
  b.score_nodes_worst = kNaN;
  CHECK(std::isnan(gap_table({a, b}, facts()).groups[0].rows[0].score_nodes_worst));
  CHECK(std::isnan(gap_table({b, a}, facts()).groups[0].rows[0].score_nodes_worst));
}

TEST_CASE("where one run does not say what its policy needed to measure, the row has the sum alone") {
  FinishedRun a = run("ring", 1, "8", 80), b = run("ring", 2, "8", 80);
  a.gauge_bytes_sent = b.gauge_bytes_sent = 400, a.decision_bytes_sent = 100;
  const GapRow row = gap_table({a, b}, facts()).groups[0].rows[0];

  CHECK(row.gauge_bytes_sent == 400);
  CHECK(std::isnan(row.gauge_bytes_to_decide));
  CHECK(std::isnan(row.gauge_bytes_to_record));
}

TEST_CASE("the resolution pools the differences of all cells") {
  // Sample variances of the differences: 2 in the first cell (1 degree of freedom), 8 in the second: pooled 5.
  const GapTable table = gap_table({run("centralized", 1, "8", 80), run("centralized", 2, "8", 80), run("ring", 1, "8", 80), run("ring", 2, "8", 82),
                                    run("centralized", 1, "16", 80), run("centralized", 2, "16", 80), run("ring", 1, "16", 80), run("ring", 2, "16", 84)},
                                   facts());

  REQUIRE(table.resolution);
  CHECK(table.resolution->seeds == 2);
  CHECK(table.resolution->sd == Approx(std::sqrt(5.0)).epsilon(1e-15));
  CHECK(table.resolution->half_width == Approx(12.706204736 * std::sqrt(5.0) / std::sqrt(2.0)).epsilon(1e-9));
  CHECK(!gap_table({run("centralized", 1, "8", 80), run("ring", 1, "8", 80)}, facts()).resolution);
}

TEST_CASE("with a plan, what is missing are the planned runs that no file matches") {
  const std::vector<ExpectedRun> plan{{{{"train.nodes", "8"}}, "ring", 1}, {{{"train.nodes", "64"}}, "ring", 1}};
  const GapTable table = gap_table({run("ring", 1, "8", 80)}, facts(), plan);

  REQUIRE(table.missing.size() == 1);
  CHECK(table.missing[0].axes[0].second == "64");
}

TEST_CASE("published values come through the lookup with their status") {
  const auto lookup = [](const FinishedRun& r, const FinishedRun* baseline) -> PublishedValues {
    if (r.variant != "ring") return {};
    const PublishedValue difference{-2.4, kNaN, "secondary", baseline ? baseline->variant : "no baseline"};
    return {PublishedValue{91.74, 0.15, "unverified", "table"}, difference};
  };
  const GapTable table = gap_table({run("centralized", 1, "8", 80), run("ring", 1, "8", 79), run("ring", 1, "16", 79)}, facts(), {}, lookup);

  CHECK(!table.groups[0].rows[0].published.accuracy);
  CHECK(table.groups[0].rows[1].published.accuracy->status == "unverified");
  CHECK(table.groups[0].rows[1].published.difference->source == "centralized");
  CHECK(table.groups[1].rows[0].published.difference->source == "no baseline");
}
