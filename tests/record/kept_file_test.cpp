#include "harness/record/kept_file.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <limits>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/kept_json.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;

namespace {

KeptRun sample_kept(const std::string& folder) {
  const RunRecord record = sample_record();
  write_run_file(folder + "/run.h5", record);
  KeptRun run = keep_run(record, read_run_header(folder + "/run.h5"), science_digest(record));
  run.messages = 12, run.serial_messages = kNaN, run.serial_bytes = 1.0 / 3;
  run.cell = {{"train.nodes", "3"}};
  return run;
}

KeptRuns by_id(std::initializer_list<KeptRun> runs) {
  KeptRuns all;
  for (const auto& run : runs) all.emplace(run.header.run_id, run);
  return all;
}

}  // namespace

TEST_CASE("what is kept of a run comes back bit for bit, and equal runs give equal bytes") {
  const Scratch scratch;
  KeptRun run = sample_kept(scratch.path);
  REQUIRE(run.header.phases.size() >= 1);
  run.header.phases.front().consensus_distance_max = std::numeric_limits<double>::infinity();
  run.header.phases.front().consensus_distance_mean = kNaN;
  run.header.phases.front().target = -0.0;
  write_kept_file(scratch.path + "/a.json", by_id({run}));
  const KeptRuns read = read_kept_files({scratch.path + "/a.json"});
  REQUIRE(read.size() == 1);
  const KeptRun& same = read.begin()->second;
  CHECK(json_of(same).dump() == json_of(run).dump());
  CHECK(same.header.config_source == run.header.config_source);
  CHECK(same.science_digest == science_digest(sample_record()));
  CHECK(same.serial_bytes == 1.0 / 3);
  CHECK(std::isnan(same.serial_messages));
  CHECK(std::isnan(same.decision_messages));
  run.decision_messages = 7, run.decision_bytes = 0.5;
  write_kept_file(scratch.path + "/decided.json", by_id({run}));
  const KeptRun decided = read_kept_files({scratch.path + "/decided.json"}).begin()->second;
  CHECK(decided.decision_messages == 7);
  CHECK(decided.decision_bytes == 0.5);
  CHECK(same.header.phases.front().consensus_distance_max == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(same.header.phases.front().consensus_distance_mean));
  CHECK(std::signbit(same.header.phases.front().target));
  write_kept_file(scratch.path + "/b.json", read);
  CHECK(read_file(scratch.path + "/a.json", "") == read_file(scratch.path + "/b.json", ""));
}

TEST_CASE("runs are sorted by sweep, variant, cell and seed, one line each") {
  const Scratch scratch;
  KeptRun first = sample_kept(scratch.path), second = first, third = first;
  first.header.run_id = "f", first.header.seed = 2;
  second.header.run_id = "e", second.header.seed = 11;
  third.header.run_id = "a", third.header.variant = "z";
  write_kept_file(scratch.path + "/a.json", by_id({third, second, first}));
  const std::string text = read_file(scratch.path + "/a.json", "");
  CHECK(text.find("\n{\"id\":\"f\"") < text.find("\n{\"id\":\"e\""));
  CHECK(text.find("\n{\"id\":\"e\"") < text.find("\n{\"id\":\"a\""));
}

TEST_CASE("the distance at an evaluation is that after the last step before it") {
  const Scratch scratch;
  RunRecord record = sample_record();
  REQUIRE(record.evaluations.size() == 2);
  REQUIRE(std::isnan(record.steps[2].consensus_distance));
  record.evaluations[0].step = 2, record.evaluations[1].step = 3;
  write_run_file(scratch / "run.h5", record);
  const KeptRun run = keep_run(record, read_run_header(scratch / "run.h5"), science_digest(record));
  REQUIRE(run.evaluations.front() == std::pair{std::string("step"), std::vector<double>{2, 3}});
  const auto& [name, distances] = run.evaluations.back();
  CHECK(name == "consensus_distance");
  REQUIRE(distances.size() == 2);
  CHECK(distances[0] == record.steps[1].consensus_distance);
  CHECK(std::isnan(distances[1]));  // it was not measured there
}

TEST_CASE("a version that there never was, and lists too deep to be read, are refused") {
  const Scratch scratch;
  write_kept_file(scratch.path + "/a.json", by_id({sample_kept(scratch.path)}));
  const std::string text = read_file(scratch.path + "/a.json", ""), version = "\"schema_version\": 1";
  const auto refuses = [&](const std::string& from, const std::string& to, const std::string& said) {
    std::string changed = text;
    std::ofstream(scratch.path + "/b.json") << changed.replace(changed.find(from), from.size(), to);
    CHECK_THROWS_WITH(read_kept_files({scratch.path + "/b.json"}), Catch::Contains(said));
  };
  for (const char* other : {"0", "-3", "1.5", "\"1\""})
    refuses(version, "\"schema_version\": " + std::string(other), fmt::format("schema_version: is {}, not a whole", other));
  refuses(version, "\"schema_version\": 2", "reads up to 1: use a newer xibench");
  refuses("\"checksum\":", "\"deep\":" + std::string(300'000, '[') + std::string(300'000, ']') + ",\"checksum\":", "lists in lists, 100 deep");
}

TEST_CASE("two results of one run are the same science, or one clear refusal") {
  const Scratch scratch;
  KeptRun run = sample_kept(scratch.path), launched_again = run, another = run, changed = run;
  run.file = "a.json";
  launched_again.header.summary.wall_s += 1, launched_again.provenance.clear();
  CHECK_NOTHROW(check_same_science(run, launched_again, "b.json"));
  another.science_digest.front() = another.science_digest.front() == '0' ? '1' : '0';
  CHECK_THROWS_WITH(check_same_science(run, another, "b.json"), Catch::Contains("a.json: science_digest: of run") && Catch::Contains("b.json"));
  changed.header.summary.total_rounds += 1;
  CHECK_THROWS_WITH(check_same_science(run, changed, "b.json"), Catch::Contains("a.json: summary.total_rounds: of run"));
}
