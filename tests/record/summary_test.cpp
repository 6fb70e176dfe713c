#include <catch2/catch.hpp>

#include "harness/core/nan.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/digest_feed.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/run_file.hpp"
#include "harness/record/validate.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;

TEST_CASE("the summary of two phases by hand") {
  RunRecord record = sample_record();  // 6 steps of 96 samples and 1 s; distances 8/32 9/32 nan | 11/32 12/32 nan
  record.steps[4].wall_s = 2;

  const Summary summary = summarize(record);

  CHECK(summary.scores[0].final == 64);
  CHECK(summary.scores[0].best == 72);
  CHECK(summary.scores[1].final == 0.75);
  CHECK(summary.scores[0].nodes_mean == 51);
  CHECK(summary.scores[0].nodes_worst == 50);
  CHECK(summary.throughput_samples_per_s == 96);  // of 96 96 96 48 96 (the first is warm-up)
  CHECK(summary.mean_consensus_distance_phase == std::vector<double>{8.5 / 32, 11.5 / 32});
  CHECK(summary.total_rounds == 3);
  CHECK(summary.total_bytes_sent == 900);
  CHECK(summary.total_gauge_bytes_sent == 50 + 51 + 52 + 53 + 54 + 55);
  CHECK(summary.total_decision_bytes_sent == 75);
  CHECK(summary.target_missed_steps == 1);
  CHECK(summary.wall_s == 7);
}

namespace {

// A run that is measured by a perplexity, and by the loss besides.
RunRecord measured_by_perplexity() {
  RunRecord record = sample_record();
  record.metrics = {{"perplexity", "1", kLower, "perplexity"}, mean_loss()};
  for (std::size_t e = 0; e < record.evaluations.size(); ++e) {
    auto& row = record.evaluations[e];
    row.test_accuracy_mean_model = row.validation_accuracy_mean_model = kNaN;
    set_value(row, "test_perplexity_mean_model", e == 0 ? 8 : 10);
  }
  set_value(record.evaluations[1], "validation_perplexity_mean_model", 12);
  return record;
}

}  // namespace

TEST_CASE("a metric of which less is better has its least value as the best, and the worst node is the largest") {
  const Summary summary = summarize(measured_by_perplexity());

  CHECK(summary.scores[0].final == 10);
  CHECK(summary.scores[0].best == 8);
  CHECK(summary.scores[0].nodes_worst == 52);
  CHECK(final_text(summary) == "test perplexity 10");
  CHECK(final_text(summarize(sample_record())) == "test accuracy 64.00 %");
  std::vector<std::string> names;
  for_each_entry(summary, [&](const std::string& name, const auto&) { names.push_back(name); });
  for (const std::string name : {"final_test_accuracy", "final_test_loss", "final_test_perplexity", "best_test_perplexity", "final_test_perplexity_nodes_mean",
                                 "final_test_perplexity_nodes_max"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("a file tells the metrics of its run and holds their columns, and the digest sees them") {
  const Scratch folder;
  const RunRecord record = measured_by_perplexity();
  write_run_file(folder / "a.h5", record);
  const RunRecord read = read_run_file(folder / "a.h5");

  check_same(read, record);
  CHECK(read.metrics == record.metrics);
  CHECK(value_of(read.evaluations[1], "test_perplexity_mean_model") == 10);
  CHECK(same(value_of(read.evaluations[0], "validation_perplexity_mean_model"), kNaN));
  CHECK(same(read.evaluations[1].test_nodes, record.evaluations[1].test_nodes));
  CHECK(read_run_header(folder / "a.h5").summary.scores[0].best == 8);
  CHECK(validate_run_file(folder / "a.h5").problems.empty());
  CHECK(science_digest(read) == science_digest(record));
  check_same(decode_record(encode_record(record)), record);
  CHECK(decode_record(encode_record(record)).metrics == record.metrics);

  for (const auto& column : {"test_perplexity_mean_model", "validation_perplexity_mean_model"}) {
    RunRecord other = record;
    set_value(other.evaluations[1], column, 11);
    CHECK(science_digest(other) != science_digest(record));
  }
  RunRecord other = record;
  other.evaluations[1].test_nodes[0] += 1;
  CHECK(science_digest(other) != science_digest(record));
}

TEST_CASE("the digests are those of version 0.1.0, which had no list of metrics") {
  CHECK(science_digest(sample_record()) == "1c37ccd7266bc6fbf853ab87752d3c944eae8f93ba7242af70f898aa5183be5c");
  RunRecord quadratic = sample_record();  // there the nodes' own losses were not recorded
  quadratic.metrics = {mean_loss()};
  for (auto& row : quadratic.evaluations) row.test_accuracy_mean_model = row.validation_accuracy_mean_model = kNaN;
  CHECK(science_digest(quadratic) == "edd376880ff407e8021647887d7e7014e40c48ead9979b89f89e44d7ceb15ca8");
}

TEST_CASE("what was not measured is NaN in the summary, never 0") {
  RunRecord record = sample_record();
  for (auto& row : record.steps) row.consensus_distance = kNaN;
  for (auto& row : record.evaluations) row.test_accuracy_mean_model = kNaN;
  record.evaluations[1].test_nodes.clear();
  record.steps[3].decision_bytes_sent = kNaN;

  const Summary summary = summarize(record);

  CHECK(same(summary.mean_consensus_distance_phase, {kNaN, kNaN}));
  CHECK(same(summary.scores[0].final, kNaN));
  CHECK(same(summary.total_decision_bytes_sent, kNaN));
  CHECK(same(summary.scores[0].best, kNaN));
  CHECK(same(summary.scores[0].nodes_worst, kNaN));
  CHECK(same(summarize(RunRecord{}).throughput_samples_per_s, kNaN));
}

TEST_CASE("a run that diverged has no final accuracy, in the summary and in its file") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.outcome = Standing::diverged;
  const auto is_without = [](const Summary& s) {
    return std::isnan(s.scores[0].final) && std::isnan(s.scores[1].final) && std::isnan(s.scores[0].nodes_mean) && std::isnan(s.scores[0].nodes_worst);
  };
  CHECK(is_without(summarize(record)));
  CHECK(summarize(record).scores[0].best == 72);
  write_run_file(folder / "a.h5", record);
  CHECK(is_without(read_run_header(folder / "a.h5").summary));
}

TEST_CASE("throughput skips steps with warm-up, evaluation or checkpoint, unless there are no others") {
  RunRecord record = sample_record();
  for (auto& row : record.steps) row.flags = flag_warmup;
  CHECK(summarize(record).throughput_samples_per_s == 96);

  record.steps[5].flags = 0;
  record.steps[5].wall_s = 4;
  record.steps[4].flags = flag_evaluation;
  record.steps[3].flags = flag_checkpoint;
  CHECK(summarize(record).throughput_samples_per_s == 24);
}

namespace {

// A value that differs from the one there.
template <class T>
void change(T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    value += "x";
  } else {
    value = value == T{1} ? T{0} : T{1};
  }
}

template <class Row, std::size_t N, class Table>
void check_each_column(const Column<Row> (&columns)[N], std::vector<Row> Table::*table) {
  const RunRecord before = sample_record();
  for (const auto& column : columns) {
    RunRecord after = before;
    with_member(column, [&](auto member, auto) { change((after.*table)[1].*member); });
    INFO("column " << column.name);
    CHECK((science_digest(after) != science_digest(before)) == column.science);
  }
}

}  // namespace

TEST_CASE("the science digest sees a change of one value of every science column, and of no other") {
  check_each_column(kStepColumns, &RunRecord::steps);
  check_each_column(kEvaluationColumns, &RunRecord::evaluations);
  check_each_column(kPhaseColumns, &RunRecord::phases);
  check_each_column(kAttemptColumns, &RunRecord::attempts);
}

TEST_CASE("the science digest sees configuration, constants of the problem, matrices, partition, per-node values and the final model") {
  const RunRecord before = sample_record();
  const auto differs = [&](auto&& edit) {
    RunRecord after = before;
    edit(after);
    return science_digest(after) != science_digest(before);
  };
  CHECK(differs([](RunRecord& r) { r.config_json += " "; }));
  CHECK(differs([](RunRecord& r) { r.final_model_sha256[63] = 'b'; }));
  CHECK(differs([](RunRecord& r) { r.outcome = Standing::diverged; }));
  CHECK(differs([](RunRecord& r) { r.topologies[1].matrices[8] = 0; }));
  CHECK(differs([](RunRecord& r) { r.topologies[1].p = 0; }));
  for (const auto& number : kProblemNumbers) CHECK(differs([&](RunRecord& r) { r.problem.*number.member = 7; }));
  CHECK(differs([](RunRecord& r) { r.class_histogram[5] = 0; }));
  CHECK(differs([](RunRecord& r) { r.node_train_loss[17] = 0; }));
  CHECK(differs([](RunRecord& r) { r.node_distance_to_mean[17] = 0; }));
  CHECK(differs([](RunRecord& r) { r.evaluations[1].test_nodes[2] = 0; }));
  CHECK(differs([](RunRecord& r) { std::swap(r.steps[2], r.steps[3]); }));
}

TEST_CASE("the science digest does not see places, attempts, names or the number of ranks") {
  RunRecord elsewhere = sample_record(3, 6, 3);
  elsewhere.provenance.clear();
  elsewhere.attempts.pop_back();
  elsewhere.variant = elsewhere.name = "other";
  elsewhere.config_source = "";
  for (auto& row : elsewhere.steps) row.flags |= flag_checkpoint;

  CHECK(science_digest(elsewhere) == science_digest(sample_record()));
}

namespace {

struct Reading {
  double pressure = kNaN, humidity = kNaN;
  std::int64_t birds = 0;
};
constexpr Column<Reading> kEarlier[] = {{"pressure", &Reading::pressure, "Pa", kAny, "of the air"}};
constexpr Column<Reading> kWithMore[] = {{"humidity", &Reading::humidity, "1", kAny, "of the air", kScience, Presence::measured},
                                         {"pressure", &Reading::pressure, "Pa", kAny, "of the air"},
                                         {"birds", &Reading::birds, "1", kAny, "seen", kScience, Presence::measured}};

template <std::size_t N>
std::string digest_of(const Column<Reading> (&columns)[N], const std::vector<Reading>& rows) {
  Feed feed;
  feed_table(feed, "readings", columns, rows);
  return feed.hex();
}

}  // namespace

TEST_CASE("an added column changes no digest of rows in which it was not measured, and every one in which it was") {
  const std::vector<Reading> rows{{.pressure = 1}, {}, {.pressure = 2}};
  CHECK(digest_of(kWithMore, rows) == digest_of(kEarlier, rows));
  auto humid = rows, birds = rows;
  humid[1].humidity = 0;
  birds[2].birds = 1;
  CHECK(digest_of(kWithMore, humid) != digest_of(kEarlier, rows));
  CHECK(digest_of(kWithMore, birds) != digest_of(kEarlier, rows));
  CHECK(digest_of(kWithMore, birds) != digest_of(kWithMore, humid));
}

TEST_CASE("the digest of a record is that of version 0.1.0") {
  CHECK(science_digest(sample_record()) == "1c37ccd7266bc6fbf853ab87752d3c944eae8f93ba7242af70f898aa5183be5c");
}

TEST_CASE("the science digest survives the file, and all NaN are alike") {
  const Scratch folder;
  RunRecord record = sample_record();
  write_run_file(folder / "a.h5", record);
  CHECK(science_digest(read_run_file(folder / "a.h5")) == science_digest(record));

  const std::string before = science_digest(record);
  record.steps[2].consensus_distance = -kNaN;
  CHECK(science_digest(record) == before);
}
