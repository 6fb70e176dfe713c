#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/hash.hpp"
#include "harness/core/nan.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/run_state.hpp"
#include "harness/job/slurm_queue.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/vocabulary.hpp"
#include "tests/cli/capture.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;
using Json = nlohmann::json;

// What status asks of the rest of the program.
namespace {
std::map<std::string, Heartbeat> heartbeats;  // by path
}
namespace xib {
const Vocabulary& vocabulary() {
  static const Vocabulary none;
  return none;
}
std::string host_name() { return "here"; }
RunFiles run_files(const std::string& out, const std::string& sweep, const std::string& id) {
  const std::string stem = out + "/" + sweep + "/" + id;
  return {.directory = out + "/" + sweep, .result = stem + ".h5", .checkpoint = "", .heartbeat = stem + ".json", .lease = ""};
}
std::optional<Heartbeat> read_heartbeat(const std::string& path) {
  const auto at = heartbeats.find(path);
  if (at == heartbeats.end()) return std::nullopt;
  if (at->second.run_id == "damaged") refuse("{} is no heartbeat; remove it", path);
  return at->second;
}
RunHeader read_run_header(const std::string& path) {
  if (std::filesystem::file_size(path) < 2) refuse("{} is not a usable run file", path);
  RunHeader header;
  header.run_id = std::filesystem::path(path).stem().string();
  return header;
}
std::optional<Lease::Owner> Lease::held_by(const std::string& path) {
  return path.find("left") == std::string::npos ? std::optional(Lease::Owner()) : std::nullopt;
}
}  // namespace xib

namespace {

Heartbeat beat(Standing state, const std::string& host, std::int64_t pid, double updated) {
  Heartbeat b;
  b.state = state;
  b.host = host;
  b.pid = pid;
  b.updated_unix = updated;
  b.updated = "then";
  b.step = 3;
  b.steps = 8;
  b.eta_s = 3661;
  return b;
}

// The id of a process that has ended.
std::int64_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

TEST_CASE("a run file is complete whatever the heartbeat says") {
  CHECK(state_of(true, beat(Standing::failed, "here", 1, 0), "here", 0).standing == Standing::finished);
}

TEST_CASE("nothing there is missing") { CHECK(state_of(false, std::nullopt, "here", 0).standing == Standing::missing); }

TEST_CASE("a failed run says why") {
  Heartbeat failed = beat(Standing::failed, "here", dead_process(), 0);
  failed.error = "disk full";
  const RunState state = state_of(false, failed, "here", 1000);

  CHECK(state.standing == Standing::failed);
  CHECK(state.detail == "disk full");
}

TEST_CASE("a run whose process lives is running, and its silence is told") {
  CHECK(state_of(false, beat(Standing::running, "here", getpid(), 1000), "here", 1001).standing == Standing::running);
  CHECK(state_of(false, beat(Standing::running, "here", getpid(), 1000), "here", 1001).detail == "on here");
  const RunState silent = state_of(false, beat(Standing::running, "there", 77, 1000), "here", 1500);
  CHECK(silent.standing == Standing::running);
  CHECK(silent.detail == "no report for 500 s: process 77 on there");
  CHECK(silent.silent);

  Heartbeat job = beat(Standing::running, "there", 77, 1000);
  job.slurm_job = "12_3";
  CHECK(state_of(false, job, "here", 1001).detail == "on there, Slurm job 12_3");
}

TEST_CASE("a run whose process on this host is gone is interrupted") {
  const std::int64_t dead = dead_process();
  const RunState state = state_of(false, beat(Standing::running, "here", dead, 1000), "here", 1001);

  CHECK(state.standing == Standing::killed);
  CHECK(status_word(state.standing) == "interrupted");
  CHECK(state.detail == fmt::format("process {} on here is gone; its last report is of then", dead));
  CHECK(state_of(false, beat(Standing::running, "there", dead, 1000), "here", 1001).standing == Standing::running);  // cannot be asked
  CHECK(state_of(false, beat(Standing::running, "here", 0, 1000), "here", 1001).standing == Standing::killed);
  CHECK(state_of(false, beat(Standing::interrupted, "there", 1, 1000), "here", 1001).standing == Standing::interrupted);
}

TEST_CASE("status tells the state of every run, as a table and as JSON") {
  const SweepFile file("name = 't'\nseeds = [1, 2, 3, 4, 5]\n");
  const Plan plan = make_plan(file.path());
  const auto stem = [&](std::size_t k) { return file.directory() + "/t/" + plan.runs[k].id; };
  std::filesystem::create_directory(file.directory() + "/t");
  std::ofstream(stem(0) + ".h5") << "whole";
  heartbeats[stem(1) + ".json"] = beat(Standing::running, "here", getpid(), 4e9);
  heartbeats[stem(2) + ".json"] = beat(Standing::interrupted, "here", 1, 0);
  heartbeats[stem(3) + ".json"].run_id = "damaged";
  const std::string arguments = file.path() + " --out " + file.directory();

  const Json status = Json::parse(output_of(add_status, file.directory(), arguments + " --json"));
  CHECK(status["counts"] == Json({{"complete", 1}, {"running", 1}, {"interrupted", 1}, {"failed", 1}, {"missing", 1}}));
  REQUIRE(status["runs"].size() == 5);
  CHECK(status["runs"][0]["state"] == "complete");
  CHECK(status["runs"][0]["file"] == stem(0) + ".h5");
  CHECK(status["runs"][1]["state"] == "running");
  CHECK(status["runs"][1]["step"] == 3);
  CHECK(status["runs"][1]["eta_s"] == 3661.0);
  CHECK(status["runs"][3]["state"] == "failed");
  CHECK(status["runs"][3]["detail"] == stem(3) + ".json is no heartbeat; remove it");
  CHECK(status["runs"][4]["state"] == "missing");
  CHECK(status["runs"][4]["seed"] == 5);

  CHECK(output_of(add_status, file.directory(), arguments + " --index 1 --index 4") ==
        "index  id                seed  state    step  ETA         detail\n"
        "    1  " +
            plan.runs[1].id +
            "     2  running  3/8   1 h 01 min  on here\n"
            "    4  " +
            plan.runs[4].id + "     5  missing\n");
}

TEST_CASE("of a run that is being set up the table tells no step and no time left") {
  const SweepFile file("name = 't'\n");
  const Plan plan = make_plan(file.path());
  std::filesystem::create_directory(file.directory() + "/t");
  Heartbeat early = beat(Standing::running, "here", getpid(), 4e9);
  early.step = early.steps = 0;
  early.eta_s = kNaN;
  heartbeats[file.directory() + "/t/" + plan.runs[0].id + ".json"] = early;

  CHECK(output_of(add_status, file.directory(), file.path() + " --out " + file.directory()) ==
        "index  id                seed  state    detail\n    0  " + plan.runs[0].id + "     1  running  on here\n");
}

TEST_CASE("a run file that was cut is no result") {
  const SweepFile file("name = 't'\n");
  const Plan plan = make_plan(file.path());
  std::filesystem::create_directory(file.directory() + "/t");
  const std::string result = file.directory() + "/t/" + plan.runs[0].id + ".h5";
  std::ofstream(result) << "x";

  const Json status = Json::parse(output_of(add_status, file.directory(), file.path() + " --out " + file.directory() + " --json"));

  CHECK(status["runs"][0]["state"] == "failed");
  CHECK(status["runs"][0]["detail"] == result + " is not a usable run file");
}

TEST_CASE("waiting tasks of Slurm are told by the index of their runs in the plan") {
  const std::string lines =
      "12|1|2026-11-26T05:12:30|BeginTime|xibench-out-aa offset=0 pack=1 runs=0-2\n"
      "13|0|N/A|Dependency|xibench-out-aa offset=4 pack=2 runs=4,6\n"  // 5 is of the pack, but not of the runs
      "13|1|N/A|Dependency|xibench-out-aa offset=4 pack=2 runs=4,6\n"
      "14|3|N/A|Priority|xibench-out-bb offset=0 pack=1 runs=3\n"  // into another directory
      "15|9|N/A|(Resources, really)|xibench-out-aa offset=0 pack=1\n"
      "16|x|N/A|Priority|xibench-out-aa offset=0 pack=1\n"
      "17|8|N/A|Priority|xibench-out-aa\n"  // an earlier submit's
      "slurm_load_jobs error\nanswered\n";

  const auto waiting = parse_queue(lines, "xibench-out-aa");

  CHECK(waiting == std::map<std::int64_t, QueuedTask>{{1, {"12_1", "2026-11-26T05:12:30", "BeginTime"}},
                                                      {4, {"13_0", "", "Dependency"}},
                                                      {6, {"13_1", "", "Dependency"}},
                                                      {9, {"15_9", "", "(Resources, really)"}}});
}

TEST_CASE("status says which runs wait in Slurm's queue, until when and why, and does without where Slurm fails or hangs") {
  const SweepFile file("name = 't'\nseeds = [1, 2, 3]\n");
  const Plan plan = make_plan(file.path());
  std::filesystem::create_directory(file.directory() + "/t");
  heartbeats[file.directory() + "/t/" + plan.runs[0].id + ".json"] = beat(Standing::interrupted, "there", 1, 0);
  const std::string mark = "xibench-out-" + sha256(std::filesystem::canonical(file.directory()).string() + "\n").substr(0, 12);
  const std::string squeue = file.directory() + "/squeue", before = std::getenv("PATH"), arguments = file.path() + " --out " + file.directory();
  setenv("PATH", (file.directory() + ":" + before).c_str(), 1);
  const auto says = [&](const std::string& script, const std::string& more = "") {
    std::ofstream(squeue) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(squeue, std::filesystem::perms::owner_all);
    return output_of(add_status, file.directory(), arguments + more);
  };

  const std::string two = "echo '7|0|2026-11-26T05:12:30|BeginTime|" + mark + " offset=0 pack=1'; echo '7|2|N/A|Priority|" + mark + " offset=0 pack=1'";
  const std::string table = says(two), json = says(two, " --json"), without = says(two, " --no-queue"), failed = says("echo no; exit 1");
  setenv("PATH", before.c_str(), 1);

  CHECK(table.find("interrupted  3/8   requeued until 2026-11-26T05:12:30, Slurm job 7_0 (BeginTime)") != std::string::npos);
  CHECK(table.find("missing            queued, Slurm job 7_2 (Priority)") != std::string::npos);
  const Json runs = Json::parse(json)["runs"];
  CHECK(runs[0]["queued"] == Json({{"slurm_job", "7_0"}, {"start", "2026-11-26T05:12:30"}, {"reason", "BeginTime"}}));
  CHECK_FALSE(runs[1].contains("queued"));
  CHECK(without.find("Slurm") == std::string::npos);
  CHECK(failed == without);
}
