#include "harness/record/replace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "harness/record/descriptor.hpp"

namespace xib {
namespace {

// Lets `write` fill `temporary`, and renames it to `path`.
void write_and_rename(const std::string& path, const std::string& temporary, const std::function<bool(int fd)>& write, const Incarnation& by,
                      const std::string& keep_previous, bool durable) {
  const auto give_up = [&](const char* what) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail_to_write(path, what, error);
  };
  Descriptor file(temporary, O_RDWR | O_CREAT | O_TRUNC);
  if (!file.open()) give_up("opening a temporary file beside it");
  bool written = false;
  try {
    written = write(file.get());
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!written) give_up("writing");
  if (durable && ::fsync(file.get()) != 0) give_up("fsync");
  if (!file.close()) give_up("closing");

  try {
    if (by.still_ours) by.still_ours();
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!keep_previous.empty() && std::rename(path.c_str(), keep_previous.c_str()) != 0 && errno != ENOENT) give_up("keeping the previous one");
  if (std::rename(temporary.c_str(), path.c_str()) != 0) give_up("renaming it into place");
}

std::string temporary_name(const std::string& path, const std::string& ending, const Incarnation& by) {
  return path + (by.token.empty() ? "" : "." + by.token) + ending;
}

std::function<bool(int)> writer_of(const std::vector<std::span<const std::byte>>& pieces) {
  return [&pieces](int fd) { return std::all_of(pieces.begin(), pieces.end(), [&](const auto& piece) { return write_all(fd, piece); }); };
}

}  // namespace

void replace_file(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by,
                  const std::string& keep_previous) {
  write_and_rename(path, temporary_name(path, ending, by), writer_of(pieces), by, keep_previous, true);
  sync_folder_of(path);  // the name is durable only with the directory
}

void replace_file_by(const std::string& path, const std::string& ending, const std::function<bool(int fd, const std::string& temporary)>& write,
                     const Incarnation& by) {
  const std::string temporary = temporary_name(path, ending, by);
  write_and_rename(
      path, temporary, [&](int fd) { return write(fd, temporary); }, by, "", true);
  sync_folder_of(path);
}

void replace_file_quickly(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by) {
  write_and_rename(path, temporary_name(path, ending, by), writer_of(pieces), by, "", false);
}

void remove_temporary_files(const std::string& path, const std::string& ending) {
  const std::string name = std::filesystem::path(path).filename().string();
  std::error_code problem;  // what cannot be removed is in nobody's way
  for (std::filesystem::directory_iterator at(folder_of(path), problem), end; !problem && at != end; at.increment(problem)) {
    const std::string other = at->path().filename().string();
    std::error_code stays;
    if (other.starts_with(name) && other.ends_with(ending)) std::filesystem::remove(at->path(), stays);
  }
}

}  // namespace xib
