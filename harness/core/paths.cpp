#include "harness/core/paths.hpp"

#include "harness/core/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace xib {
namespace {

Place place_of(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {Place::Kind::file};
  if (S_ISDIR(status.st_mode)) return {Place::Kind::folder};
  return {Place::Kind::special};
}

std::string remedy_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "ask for the right to read it and to enter its folders (chmod), or name another";
    case ELOOP:
    case ENAMETOOLONG:
      return "correct the path";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "make it readable (perhaps the disk or the file server does not answer), or name another";
  }
}

std::string message(const std::string& path, const Place& place, std::string_view expected) {
  return fmt::format("cannot read {}: {}; {}", printable(path), place.reason(), place.remedy(expected));
}

[[noreturn]] void refuse_place(const std::string& path, const Place& place, std::string_view expected) {
  if (place.kind == Place::Kind::closed) throw Unreadable(message(path, place, expected));
  refuse("{}", message(path, place, expected));
}

}  // namespace

std::string Place::reason() const {
  switch (kind) {
    case Kind::file:
      return "";
    case Kind::folder:
      return "it is a folder";
    case Kind::special:
      return "it is a pipe or a device, not a file";
    case Kind::absent:
    case Kind::closed:
      return std::strerror(error);
  }
  return "";
}

std::string Place::remedy(std::string_view expected) const { return kind == Kind::closed ? remedy_of(error) : std::string(expected); }

Place look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return place_of(status);
  return {errno == ENOENT || errno == ENOTDIR ? Place::Kind::absent : Place::Kind::closed, errno};
}

bool is_there(const std::string& path) {
  const Place place = look_at(path);
  if (place.kind == Place::Kind::closed) refuse_place(path, place, "");
  return place.kind != Place::Kind::absent;
}

void refuse_unreadable(const std::string& path, int error) { throw Unreadable(message(path, {Place::Kind::closed, error}, "")); }

OpenFile open_file(const std::string& path, std::string_view expected) {
  Place place = look_at(path);
  if (place.kind != Place::Kind::file) refuse_place(path, place, expected);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);  // it may have become a pipe since
  if (descriptor < 0) refuse_place(path, {errno == ENOENT ? Place::Kind::absent : Place::Kind::closed, errno}, expected);
  struct stat status {};
  place = ::fstat(descriptor, &status) == 0 ? place_of(status) : Place{Place::Kind::closed, errno};
  OpenFile file(place.kind == Place::Kind::file ? ::fdopen(descriptor, "rb") : nullptr, std::fclose);
  if (!file) ::close(descriptor);
  if (place.kind != Place::Kind::file) refuse_place(path, place, expected);
  if (!file) refuse_unreadable(path, ENOMEM);
  return file;
}

std::string read_file(const std::string& path, std::string_view expected) {
  const OpenFile file = open_file(path, expected);
  std::string text;
  std::array<char, 1 << 16> part;
  while (const auto got = std::fread(part.data(), 1, part.size(), file.get())) text.append(part.data(), got);
  if (std::ferror(file.get())) refuse_unreadable(path, errno);
  return text;
}

std::optional<std::string> read_file_if_there(const std::string& path, std::string_view expected) {
  if (look_at(path).kind == Place::Kind::absent) return std::nullopt;
  try {
    return read_file(path, expected);
  } catch (const Error&) {
    if (look_at(path).kind == Place::Kind::absent) return std::nullopt;  // removed between the two looks
    throw;
  }
}

bool is_locked(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);  // and with it our own lock
  return locked;
}

std::vector<std::string> names_in(const std::string& folder, std::string_view expected) {
  const Place place = look_at(folder);
  if (place.kind == Place::Kind::file) refuse("cannot read {}: it is a file, not a folder; {}", printable(folder), expected);
  if (place.kind != Place::Kind::folder) refuse_place(folder, place, expected);
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) refuse_unreadable(folder, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) refuse_unreadable(folder, errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace xib
