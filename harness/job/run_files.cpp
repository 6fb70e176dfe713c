#include "harness/job/run_files.hpp"

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/run_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <vector>

namespace xib {
namespace {

// A file that only looks damaged while a disk or a file server does not answer is read again; where that does not answer either, it is no damage.
void check_answers(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::vector<std::byte> part(1 << 20);
  ssize_t got = file < 0 ? -1 : 1;
  for (off_t at = 0; got > 0; at += got) {
    do got = pread(file, part.data(), part.size(), at);
    while (got < 0 && errno == EINTR);
  }
  const int problem = errno;
  if (file >= 0) close(file);
  if (got < 0) fail("cannot read {}: {}: make it readable, or move it away", path, std::strerror(problem));
}

// All of it is read, so that damage anywhere is found.
RunRecord read_result(const std::string& path) {
  try {
    return read_run_file_narrowly(path);
  } catch (const NewerRunFile&) {
    throw;
  } catch (const Unreadable&) {
    throw;
  } catch (const Error& error) {
    if (error.fault() == Fault::work) throw;
    check_answers(path);
    return read_run_file_narrowly(path);
  }
}

struct Look {
  std::optional<Standing> standing = {};
  std::string damage = {};  // "": it is whole, or absent
};

Look look_at_result(const RunFiles& files, const std::string& id) {
  const Place place = look_at(files.result);
  if (place.kind == Place::Kind::absent) return {};
  if (place.kind != Place::Kind::file) refuse("cannot read {}: {}; {}", files.result, place.reason(), place.remedy("move it away"));
  try {
    const RunRecord record = read_result(files.result);
    if (record.run_id != id) fail("{} holds another run than its name says: move it away", files.result);
    return {.standing = record.outcome};
  } catch (const NewerRunFile&) {
    throw;
  } catch (const Unreadable& error) {
    fail("{}", error.what());
  } catch (const Error& error) {
    if (error.fault() == Fault::work) throw;
    return {.damage = error.what()};
  }
}

}  // namespace

RunFiles run_files(const std::string& out, const std::string& sweep, const std::string& id) {
  const std::string directory = out + "/" + sweep, stem = directory + "/" + id;
  return {directory, stem + ".h5", stem + ".checkpoint", stem + ".json", stem + ".lease"};
}

void remove_unfinished_files(const RunFiles& files) {
  remove_temporary_files(files.result, ".partial");
  for (const auto& path : {files.checkpoint, files.heartbeat}) remove_temporary_files(path, ".new");
}

void discard_leftovers(const RunFiles& files) {
  remove_checkpoint(files.checkpoint);
  std::error_code gone;
  std::filesystem::remove(files.heartbeat, gone);
  remove_unfinished_files(files);
}

std::optional<Standing> settled(const RunFiles& files, const std::string& id) { return look_at_result(files, id).standing; }

std::optional<Standing> clean_if_settled(const RunFiles& files, const std::string& id) {
  const auto standing = settled(files, id);
  if (standing) discard_leftovers(files);
  return standing;
}

void set_aside_damaged_result(const RunFiles& files, const std::string& id) {
  const std::string damage = look_at_result(files, id).damage;
  if (damage.empty()) return;
  const std::string aside = files.result + ".damaged";
  std::error_code problem;
  std::filesystem::rename(files.result, aside, problem);
  if (problem) fail("{}; it cannot be moved to {}: {}", damage, aside, problem.message());
  notify("xibench: {}; moved to {}, the run is done again\n", damage, aside);
}

}  // namespace xib
