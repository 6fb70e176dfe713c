#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "harness/core/check.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

namespace {

// No file of this process can grow beyond `bytes` while it lives: a full disk that needs no privilege.
struct FileSizeLimit {
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit now = {bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  rlimit before{};
};

std::string reason(const std::string& path, const RunRecord& record) {
  try {
    write_run_file(path, record);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::work);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a disk that is full at any point leaves no file, and the error names file and reason") {
  const Scratch folder;
  const RunRecord record = sample_record();
  write_run_file(folder / "whole.h5", record);
  const auto size = std::filesystem::file_size(folder / "whole.h5");
  std::filesystem::remove(folder / "whole.h5");

  for (std::size_t eighth = 0; eighth < 8; ++eighth) {
    std::string what;
    {
      const FileSizeLimit limit(size * eighth / 8);
      what = reason(folder / "a.h5", record);
    }
    INFO("full after " << eighth << "/8");
    CHECK_THAT(what, Contains("cannot write " + (folder / "a.h5")) && Contains("File too large"));
    CHECK(std::filesystem::is_empty(folder.path));
  }
}

TEST_CASE("a failed write leaves the run file that was there") {
  const Scratch folder;
  const RunRecord record = sample_record();
  write_run_file(folder / "a.h5", record);
  {
    const FileSizeLimit limit(1000);
    CHECK_FALSE(reason(folder / "a.h5", sample_record(4)).empty());
  }
  check_same(read_run_file(folder / "a.h5"), record);
}

TEST_CASE("a folder that cannot be written is an error that says so") {
  const Scratch folder;
  write_bytes(folder / "file", "");
  CHECK_THAT(reason(folder / "file/a.h5", sample_record()), Contains("file/a.h5") && Contains("Not a directory") && Contains("--out"));
  CHECK_THAT(reason(folder / "none/a.h5", sample_record()), Contains("none/a.h5") && Contains("No such file") && Contains("--out"));
  CHECK_THAT(reason("/proc/self/a.h5", sample_record()), Contains("cannot write /proc/self/a.h5"));  // read-only even for root
}

TEST_CASE("a name that is a folder is not replaced, and nothing is left beside it") {
  const Scratch folder;
  std::filesystem::create_directory(folder / "a.h5");

  CHECK_THAT(reason(folder / "a.h5", sample_record()), Contains("renaming it into place"));
  CHECK_FALSE(std::filesystem::exists(folder / "a.h5.partial"));
}

TEST_CASE("a writer killed at a random moment leaves the whole file, the one before, or none") {
  const Scratch folder;
  const std::string path = folder / "a.h5";
  const RunRecord old_record = sample_record(3, 2), new_record = sample_record(8, 20'000, 2);
  const std::string old_digest = science_digest(old_record), new_digest = science_digest(new_record);
  const auto start = std::chrono::steady_clock::now();
  write_run_file(path, new_record);
  const auto whole = std::chrono::steady_clock::now() - start;

  int killed = 0, found_old = 0, found_new = 0;
  for (int attempt = 0; attempt < 24; ++attempt) {
    std::filesystem::remove(path + ".partial");
    std::filesystem::remove(path);
    const bool replaces = attempt % 2 == 0;
    if (replaces) write_run_file(path, old_record);

    const pid_t child = fork();
    if (child == 0) {
      write_run_file(path, new_record);
      _exit(0);
    }
    std::this_thread::sleep_for(whole * attempt / 20);  // the last ones come after the end
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;

    INFO("attempt " << attempt);
    if (!std::filesystem::exists(path)) {
      CHECK_FALSE(replaces);
      CHECK_FALSE(WIFEXITED(status));
      continue;
    }
    const std::string digest = science_digest(read_run_file(path));
    CHECK((digest == new_digest || (replaces && digest == old_digest && !WIFEXITED(status))));
    (digest == new_digest ? found_new : found_old) += 1;
  }
  INFO(killed << " of 24 killed; old file found " << found_old << " times, new file " << found_new << " times");
  CHECK(killed > 0);  // the first is killed at once
}
