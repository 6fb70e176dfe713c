#include "harness/record/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

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

}  // namespace

Descriptor::Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
bool Descriptor::close() { return ::close(std::exchange(fd_, -1)) == 0; }

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

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

void sync_folder_of(const std::string& path) {
  Descriptor directory(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (directory.open() && ::fsync(directory.get()) != 0 && errno != EINVAL) {
    const int error = errno;
    fail("cannot be sure that {} survives a power loss: fsync of its folder: {}", path, std::strerror(error));
  }
}

void fail_to_write(const std::string& path, const std::string& what, int error) {
  fail("cannot write {}: {}: {}{}", path, what, std::strerror(error), remedy(error));
}

}  // namespace xib
