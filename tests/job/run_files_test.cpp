#include "harness/job/run_files.hpp"

#include <catch2/catch.hpp>

#include <map>

#include "harness/record/run_file.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;

namespace {

// A results folder with what a killed process may have left beside a result.
struct Results {
  Scratch folder;
  RunFiles files = run_files(folder.path, "sweep", "run");
  explicit Results(Standing outcome = Standing::finished) {
    std::filesystem::create_directory(files.directory);
    RunRecord record = sample_record();
    record.run_id = "run";
    record.outcome = outcome;
    write_run_file(files.result, record);
    write_bytes(files.checkpoint, "a checkpoint");
    write_bytes(files.heartbeat, R"({"run_id": "run", "state": "running"})");
    write_bytes(files.result + ".token.partial", "half");
  }
  void damage() const { write_bytes(files.result, read_bytes(files.result).substr(0, 100)); }
  std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> bytes;
    for (const auto& entry : std::filesystem::directory_iterator(files.directory)) bytes[entry.path().filename()] = read_bytes(entry.path());
    return bytes;
  }
};

}  // namespace

TEST_CASE("to look whether a run has settled leaves every file as it was") {
  const Results finished, diverged(Standing::diverged), damaged;
  damaged.damage();
  for (const auto& [results, standing] :
       {std::pair{&finished, std::optional(Standing::finished)}, {&diverged, std::optional(Standing::diverged)}, {&damaged, std::optional<Standing>()}}) {
    const auto before = results->all();
    CHECK(settled(results->files, "run") == standing);
    CHECK(results->all() == before);
    CHECK(before.size() == 4);
  }
}

TEST_CASE("what is no result of this run is refused, and stays") {
  const Results results;
  const auto before = results.all();
  CHECK_THROWS_WITH(settled(results.files, "other"), Catch::Contains("holds another run"));
  CHECK_THROWS_WITH(clean_if_settled(results.files, "other"), Catch::Contains("holds another run"));
  CHECK_THROWS_WITH(set_aside_damaged_result(results.files, "other"), Catch::Contains("holds another run"));
  CHECK(results.all() == before);
}

TEST_CASE("cleaning removes what a run needs until its result is there, and nothing before") {
  const Results whole, damaged;
  damaged.damage();
  const auto before = damaged.all();

  CHECK(clean_if_settled(whole.files, "run") == Standing::finished);
  CHECK_FALSE(clean_if_settled(damaged.files, "run"));

  CHECK(whole.all().size() == 1);
  CHECK(damaged.all() == before);
}

TEST_CASE("setting a damaged result aside keeps its bytes and the checkpoint, and leaves a whole one alone") {
  const Results whole, damaged;
  damaged.damage();
  const std::string bytes = read_bytes(damaged.files.result);
  const auto before = whole.all();

  set_aside_damaged_result(whole.files, "run");
  set_aside_damaged_result(damaged.files, "run");

  CHECK(whole.all() == before);
  CHECK_FALSE(std::filesystem::exists(damaged.files.result));
  CHECK(read_bytes(damaged.files.result + ".damaged") == bytes);
  CHECK(read_bytes(damaged.files.checkpoint) == "a checkpoint");
}
