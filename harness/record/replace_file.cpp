#include "harness/record/replace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "harness/core/check.hpp"

namespace xib {
namespace {

std::string remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space (or ask for a larger quota) and run again";
    case EFBIG:
      return "; raise the limit of the file size (ulimit -f) and run again";
    case ENOENT:
    case ENOTDIR:
      return "; the folder must exist: check --out";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; choose a folder that can be written with --out";
    default:
      return "";
  }
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }  // NFS reports a full disk here

 private:
  int fd_;
};

bool write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;  // nothing written and no error: no room
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// Writes `temporary` and renames it to `path`.
void write_and_rename(const std::string& path, const std::string& temporary, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by,
                      const std::string& keep_previous, bool durable) {
  const auto give_up = [&](const char* what) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("cannot write {}: {}: {}{}", path, what, std::strerror(error), remedy(error));
  };
  Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.open()) give_up("opening a temporary file beside it");
  for (const auto& piece : pieces) {
    if (!write_all(file.get(), piece)) give_up("writing");
  }
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

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

}  // namespace

void replace_file(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by,
                  const std::string& keep_previous) {
  write_and_rename(path, temporary_name(path, ending, by), pieces, by, keep_previous, true);
  // The name is durable only with the directory. A file system that cannot fsync one (EINVAL) has nothing to wait for.
  Descriptor directory(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (directory.open() && ::fsync(directory.get()) != 0 && errno != EINVAL) {
    const int error = errno;
    fail("cannot be sure that {} survives a power loss: fsync of its folder: {}", path, std::strerror(error));
  }
}

void replace_file_quickly(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by) {
  write_and_rename(path, temporary_name(path, ending, by), pieces, by, "", false);
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
