#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace xib {

// Owner of a file descriptor.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  bool close();  // NFS reports a full disk here

 private:
  int fd_;
};

bool write_all(int fd, std::span<const std::byte> bytes);  // false: errno says why
std::string folder_of(const std::string& path);

// Makes the names in the folder of `path` durable. Throws Error(work). A file system that cannot fsync a folder has nothing to wait for.
void sync_folder_of(const std::string& path);

// Throws Error(work) "cannot write PATH: WHAT: REASON; REMEDY" for an errno.
[[noreturn]] void fail_to_write(const std::string& path, const std::string& what, int error);

}  // namespace xib
