#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <functional>

#include "harness/core/check.hpp"
#include "harness/record/hdf5_crash.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

namespace {

std::string reason(const std::string& path) {
  try {
    read_run_file(path);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a run file cut at any eighth of its length is refused by name") {
  const Scratch folder;
  write_run_file(folder / "a.h5", sample_record());
  const std::string good = read_bytes(folder / "a.h5");

  for (std::size_t eighth = 0; eighth < 8; ++eighth) {
    write_bytes(folder / "cut.h5", good.substr(0, good.size() * eighth / 8));
    INFO(eighth << "/8 of the file");
    CHECK_THAT(reason(folder / "cut.h5"), Contains("cut.h5 is not a usable run file"));
    CHECK_THROWS_AS(read_run_header(folder / "cut.h5"), Error);
  }
  write_bytes(folder / "cut.h5", good.substr(0, good.size() - 1));
  CHECK_THAT(reason(folder / "cut.h5"), Contains("truncated"));
}

TEST_CASE("what is no run file is refused in plain words") {
  const Scratch folder;
  CHECK_THAT(reason(folder / "none.h5"), Contains("none.h5") && Contains("No such file"));
  CHECK_THAT(reason(folder.path), Contains("is a folder"));
  write_bytes(folder / "text.h5", "Ξ");
  CHECK_THAT(reason(folder / "text.h5"), Contains("text.h5 is not a usable run file"));
  const auto image = Hdf5Writer().image();
  write_bytes(folder / "other.h5", {reinterpret_cast<const char*>(image.data()), image.size()});
  CHECK_THAT(reason(folder / "other.h5"), Contains("not of schema xibench-run"));
}

TEST_CASE("a newer schema version is refused with the remedy") {
  const Scratch folder;
  Hdf5Writer writer;
  writer.attribute("/", "schema", std::string("xibench-run"));
  writer.attribute("/", "schema_version", std::int64_t{2});
  const auto image = writer.image();
  write_bytes(folder / "newer.h5", {reinterpret_cast<const char*>(image.data()), image.size()});

  CHECK_THAT(reason(folder / "newer.h5"), Contains("schema version 2, this program reads up to 1: use a newer xibench"));
}

TEST_CASE("a number of the summary that was changed is refused by name, as the rows are") {
  const Scratch folder;
  RunRecord record = sample_record();
  record.steps.back().wall_s += 0x1p-20, record.steps.back().compute_s += 0x1p-20;  // a sum like no other number of the file
  write_run_file(folder / "a.h5", record);
  std::string bytes = read_bytes(folder / "a.h5");
  const double wall_s = summarize(record).wall_s, other = wall_s / 2;
  const std::string value(reinterpret_cast<const char*>(&wall_s), sizeof wall_s);
  const auto at = bytes.find(value);
  REQUIRE(at != std::string::npos);
  REQUIRE(bytes.find(value, at + 1) == std::string::npos);
  bytes.replace(at, sizeof other, reinterpret_cast<const char*>(&other), sizeof other);
  write_bytes(folder / "a.h5", bytes);

  CHECK_THAT(reason(folder / "a.h5"), Contains("/summary@wall_s"));
  CHECK_THROWS_WITH(read_run_header(folder / "a.h5"), Contains("/summary@wall_s"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they say more
TEST_CASE("a crash of HDF5 names the file and ends as bad input does; outside of reading, and in a process whose parent looks, it stays a crash") {
  const Scratch folder;
  const auto ended = [&](const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGSEGV, SIG_DFL);  // Catch has its own
      if (!std::freopen((folder / "said").c_str(), "w", stderr)) _exit(1);
      work();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  const auto crash = [] { std::raise(SIGSEGV); };

  int status = ended([&] {
    const NamesCrash outer("outer.h5");
    { const NamesCrash inner("inner.h5"); }
    crash();
  });
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 2));
  CHECK(read_bytes(folder / "said") == "xibench: " + crash_of("outer.h5") + "\n");

  status = ended([&] {
    { const NamesCrash done("done.h5"); }
    crash();
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));

  status = ended([&] {
    crash_silently();
    const NamesCrash guard("silent.h5");
    crash();
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
  CHECK(read_bytes(folder / "said").empty());
}
#endif

// Each byte is damaged in a process of its own, since HDF5 1.10 may end a process on damaged metadata: that is a refusal too, only a
// rude one. What must never happen is that other science is read than was written.
TEST_CASE("a damaged byte is refused or does no harm, it never changes what is read") {
  const Scratch folder;
  const RunRecord record = sample_record();
  const std::string path = folder / "a.h5", digest = science_digest(record);
  write_run_file(path, record);
  const std::string good = read_bytes(path);

  enum Outcome { refused, harmless, wrong, outcomes };
  int count[outcomes] = {};
  for (std::size_t at = 0; at < good.size(); at += good.size() / 250) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x11);
    write_bytes(path, bad);
    const pid_t child = fork();
    if (child == 0) {
      alarm(3);
      crash_silently();
      Outcome outcome = refused;
      try {
        outcome = science_digest(read_run_file(path)) == digest ? harmless : wrong;
      } catch (...) {
      }
      _exit(outcome);
    }
    int status = 0;
    waitpid(child, &status, 0);
    const Outcome outcome = WIFEXITED(status) ? static_cast<Outcome>(WEXITSTATUS(status)) : refused;
    INFO("byte " << at << " of " << good.size());
    CHECK(outcome != wrong);
    ++count[outcome];
  }
  CHECK(count[refused] > 0);
  CHECK(count[harmless] > 0);  // unused space in the file
}
