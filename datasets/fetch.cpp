#include "datasets/fetch.hpp"

#include "datasets/data_file.hpp"
#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/notify.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

extern char** environ;

namespace xib {
namespace {

namespace fs = std::filesystem;

// Its exit status; its output is this program's standard error.
int run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  const int problem = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) refuse("cannot start {}: {}: install it (Debian: apt-get install {})", words[0], std::strerror(problem), words[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid: {}", std::strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// One fetch at a time in a directory. The lock goes with the process, or with its curl, if that outlives it.
class Locked {
 public:
  explicit Locked(const fs::path& directory) : file_(open(directory.c_str(), O_RDONLY | O_DIRECTORY)) {
    if (file_ < 0) refuse("cannot open {}: {}: choose another directory with --data", directory.string(), std::strerror(errno));
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) refuse("another process is fetching into {}: wait for it", directory.string());
  }
  ~Locked() { close(file_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  int file_;
};

void transfer(const std::string& name, const OfficialSet& official, const std::string& mirror, const fs::path& partial) {
  if (!mirror.empty() && mirror.find("://") == std::string::npos) {
    const fs::path source = fs::path(mirror) / name;
    std::error_code problem;
    fs::copy_file(source, partial, fs::copy_options::overwrite_existing, problem);
    if (problem) refuse("cannot copy {} to {}: {}: --mirror names the directory that holds it", source.string(), partial.string(), problem.message());
    return;
  }
  const std::string address = (mirror.empty() ? std::string(official.address) : mirror) + "/" + name;
  notify("xibench: {} from {}\n", name, address);
  std::vector<std::string> words = {"curl", "--fail", "--location", "--retry", "3", "--continue-at", "-", "--show-error"};
  words.emplace_back(isatty(STDERR_FILENO) ? "--progress-bar" : "--silent");
  words.insert(words.end(), {"--output", partial.string(), address});
  const int status = run(words);
  constexpr int kRefused = 22, kNoRange = 33, kNoResume = 36;  // of curl: what is there of the file may be what it cannot go on from
  if (status == kRefused || status == kNoRange || status == kNoResume) fs::remove(partial);
  if (status != 0) fail("{} did not arrive whole (curl ended with status {}): fetch again to go on, or give a copy with --mirror DIRECTORY", address, status);
}

// The download, checked.
fs::path bring(const OfficialSet::File& file, const OfficialSet& official, const std::string& mirror, const fs::path& directory) {
  fs::path partial = directory / (std::string(file.name) + ".partial");
  if (!fs::exists(partial) || sha256_file(partial.string()) != file.sha256) transfer(std::string(file.name), official, mirror, partial);
  const std::string sum = sha256_file(partial.string());
  if (sum == file.sha256) return partial;
  fs::remove(partial);
  fail("what arrived as {} has SHA-256 {} where {} was expected, and was removed: fetch again, or give another copy with --mirror", file.name, sum,
       file.sha256);
}

void refuse_others(const OfficialSet& official, const fs::path& place, std::string_view remedy) {
  for (const auto& file : check_files(official, place.string(), remedy))
    require(file.official, "{} is not the file that was published: move {} away to fetch {} anew", file.path, place.string(), official.dataset);
}

// The archive's folder appears whole: unpacked beside its place, compared, renamed.
void unpack(const fs::path& archive, const OfficialSet& official, const fs::path& place, std::string_view remedy) {
  const fs::path beside = place.parent_path() / ".unpacking";
  const auto clear = [](const fs::path* path) {
    std::error_code remains;
    fs::remove_all(*path, remains);
  };
  const std::unique_ptr<const fs::path, decltype(clear)> whatever_happens(&beside, clear);
  fs::remove_all(beside);  // of a fetch that was killed
  fs::create_directory(beside);
  const int status = run({"tar", "--extract", "--gzip", "--no-same-owner", "--file", archive.string(), "--directory", beside.string()});
  if (status != 0) fail("tar cannot unpack {} into {} (status {}): check the space there", archive.string(), beside.string(), status);
  refuse_others(official, beside / place.filename(), remedy);
  fs::rename(beside / place.filename(), place);
  fs::remove(archive);
}

}  // namespace

std::string fetch(const DatasetInfo& info, const OfficialSet& official, const std::string& root, const std::string& mirror) try {
  const fs::path directory = fs::path(root) / info.name, place = info.folder.empty() ? directory : directory / info.folder;
  std::error_code problem;
  fs::create_directories(directory, problem);
  if (problem) refuse("cannot create {}: {}: choose another directory with --data", directory.string(), problem.message());
  const Locked lock(directory);
  const auto is_there = [&](const OfficialSet::File& file) { return !data_file_path(place.string(), file.name).empty(); };
  if (std::all_of(official.files.begin(), official.files.end(), is_there)) {
    refuse_others(official, place, info.remedy);
    notify("xibench: {} is already in {}, as it was published\n", info.name, place.string());
    return place.string();
  }
  if (!info.folder.empty()) {
    require(!fs::exists(place), "{} is there, but not all of {}'s files are: move it away to fetch them", place.string(), info.name);
    unpack(bring(official.downloads.front(), official, mirror, directory), official, place, info.remedy);
    return place.string();
  }
  for (std::size_t k = 0; k < official.downloads.size(); ++k)
    if (!is_there(official.files[k])) fs::rename(bring(official.downloads[k], official, mirror, directory), directory / official.downloads[k].name);
  refuse_others(official, place, info.remedy);
  return place.string();
} catch (const fs::filesystem_error& error) {
  const std::string message = fmt::format("{}: {}: check the space and rights of the directory", error.path1().string(), error.code().message());
  throw Error(error.code() == std::errc::permission_denied || error.code() == std::errc::read_only_file_system ? Fault::input : Fault::work, message);
}

}  // namespace xib
