#include "harness/record/run_file.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"
#include "harness/record/hdf5_file.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

TEST_CASE("a run file gives back the record it was written from") {
  const Scratch folder;
  const RunRecord record = sample_record();

  write_run_file(folder / "a.h5", record);

  check_same(read_run_file(folder / "a.h5"), record);
  CHECK_FALSE(std::filesystem::exists(folder / "a.h5.partial"));
}

TEST_CASE("a run longer than one chunk comes back whole") {
  const Scratch folder;
  const RunRecord record = sample_record(2, 4096 * 2 + 2, 3);

  write_run_file(folder / "a.h5", record);

  check_same(read_run_file(folder / "a.h5"), record);
}

TEST_CASE("a run without steps, evaluations, classes, phases or node columns comes back as it was") {
  const Scratch folder;
  RunRecord record;
  record.nodes = 1;

  write_run_file(folder / "a.h5", record);

  check_same(read_run_file(folder / "a.h5"), record);
}

TEST_CASE("columns that were not measured are absent, not zero") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.node_train_loss.clear();
  record.rank_wait_s.clear();

  write_run_file(folder / "a.h5", record);

  CHECK_FALSE(Hdf5Reader(folder / "a.h5").has("/nodes/train_loss"));
  check_same(read_run_file(folder / "a.h5"), record);
}

TEST_CASE("a task without known constants has no group of them") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.problem = {};
  write_run_file(folder / "a.h5", record);
  CHECK_FALSE(Hdf5Reader(folder / "a.h5").has("/problem"));
  check_same(read_run_file(folder / "a.h5"), record);

  record.problem.mu = 1;  // the others stay unknown
  write_run_file(folder / "b.h5", record);
  check_same(read_run_file(folder / "b.h5"), record);
}

TEST_CASE("time-varying, random and very large topologies come back as they were") {
  const Scratch folder;
  RunRecord record = sample_record();
  TopologyRecord& varying = record.topologies[0];
  varying.period = 2;
  varying.matrices = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0};
  TopologyRecord& random = record.topologies[1];
  random.period = 0;
  random.seed = 42;
  random.matrices.clear();
  write_run_file(folder / "a.h5", record);
  check_same(read_run_file(folder / "a.h5"), record);

  const std::int32_t n = 4097;  // one more than is stored densely
  RunRecord large = sample_record(n, 2, 1);
  for (auto& topology : large.topologies) {
    topology.matrices.assign(std::size_t{4097} * n, 0);
    for (std::size_t i = 0; i < 4097; ++i) topology.matrices[i * n + (i + 1) % n] = 1;
  }
  write_run_file(folder / "large.h5", large);
  CHECK(Hdf5Reader(folder / "large.h5").shape("/topology/1/W/indptr") == Shape{1, 4098});
  CHECK(Hdf5Reader(folder / "large.h5").shape("/topology/1/W/indices") == Shape{4097});
  CHECK(Hdf5Reader(folder / "large.h5").has_attribute("/topology/1/W/indptr", "DIMENSION_LIST"));
  check_same(read_run_file(folder / "large.h5"), large);
}

TEST_CASE("equal records make equal files") {
  const Scratch folder;

  write_run_file(folder / "a.h5", sample_record());
  write_run_file(folder / "b.h5", sample_record());

  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
}

TEST_CASE("every dataset says its unit and description") {
  const Scratch folder;
  write_run_file(folder / "a.h5", sample_record());

  const Hdf5Reader file(folder / "a.h5");
  for (const auto& column : kStepColumns) {
    const auto path = "/steps/" + std::string(column.name);
    CHECK(file.attribute<std::string>(path, "units") == column.units);
    CHECK(file.attribute<std::string>(path, "description") == column.description);
    CHECK_FALSE(column.units.empty());
    CHECK_FALSE(column.description.empty());
  }
}

TEST_CASE("the header of a run is what the whole file says") {
  const Scratch folder;
  const RunRecord record = sample_record();
  write_run_file(folder / "a.h5", record);

  const RunHeader header = read_run_header(folder / "a.h5");

  CHECK(header.run_id == record.run_id);
  CHECK(header.variant == record.variant);
  CHECK(header.seed == record.seed);
  CHECK(header.config_json == record.config_json);
  check_same_table(kPhaseColumns, header.phases, record.phases);
  const Summary summary = summarize(record);
  CHECK(same(header.summary.mean_consensus_distance_phase, summary.mean_consensus_distance_phase));
  CHECK(header.summary.total_bytes_sent == summary.total_bytes_sent);
  CHECK(header.summary.total_gauge_bytes_sent == 315);
  CHECK(header.summary.total_decision_bytes_sent == 75);
  CHECK(header.summary.target_missed_steps == 1);
  CHECK(header.summary.scores[0].final == summary.scores[0].final);
}

TEST_CASE("a record whose sizes disagree is not written") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.node_train_loss.pop_back();

  CHECK_THROWS_WITH(write_run_file(folder / "a.h5", record), Contains("a.h5") && Contains("17 values of train_loss, expected 18"));
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a text that HDF5 would cut is refused, not cut") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.config_json += std::string("\0x", 2);

  CHECK_THROWS_WITH(write_run_file(folder / "a.h5", record), Contains("/config is not what was written"));
  CHECK(std::filesystem::is_empty(folder.path));
}
