#include "harness/record/checkpoint_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/row_log.hpp"

namespace xib {
namespace {

// File: magic, version, size of the head, head, SHA-256 of all before, then the sections' bytes one after another.
// Head: number of sections, then name, size and SHA-256 of each. So the sum over the head vouches for the whole file.
constexpr std::string_view kMagic = "XIBENCH checkpoint\n";
constexpr std::uint32_t kVersion = 3, kOldest = 2;  // 2: all rows in the record, no row log; 1: without the checksums of the data
constexpr std::size_t kSum = 64;                    // hexadecimal digits

std::string sum_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

struct Corrupt : UnusableCheckpoint {
  explicit Corrupt(const std::string& what) : UnusableCheckpoint(what, true) {}
};

class InputFile {
 public:
  // Throws Unreadable where it may be whole.
  explicit InputFile(const std::string& path) : path_(path), file_(nullptr, std::fclose) {
    const Place place = look_at(path);
    if (place.kind != Place::Kind::file && place.kind != Place::Kind::closed) throw UnusableCheckpoint("cannot be read: " + place.reason(), false);
    file_ = open_file(path, "");
    if (std::fseek(file_.get(), 0, SEEK_END) != 0) refuse_unreadable(path, errno);
    const long size = std::ftell(file_.get());
    if (size < 0) refuse_unreadable(path, errno);
    std::rewind(file_.get());
    left_ = static_cast<std::uintmax_t>(size);
  }
  // The size is checked against the file before memory is asked for: a corrupt size must not become a huge allocation.
  std::vector<std::byte> take(std::size_t size, const std::string& what) {
    if (size > left_) throw Corrupt("is truncated: " + what);
    std::vector<std::byte> bytes(size);
    if (std::fread(bytes.data(), 1, size, file_.get()) != size) {
      if (std::ferror(file_.get())) refuse_unreadable(path_, errno);
      throw Corrupt("is truncated: " + what);
    }
    left_ -= size;
    return bytes;
  }
  bool at_end() const { return left_ == 0; }

 private:
  std::string path_;
  OpenFile file_;
  std::uintmax_t left_ = 0;
};

Sections load(const std::string& path) {
  InputFile file(path);
  std::vector<std::byte> before = file.take(kMagic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t), "the beginning");
  ByteReader start(std::span<const std::byte>(before).subspan(kMagic.size()));
  if (std::memcmp(before.data(), kMagic.data(), kMagic.size()) != 0) throw Corrupt("is not a checkpoint");
  const auto version = start.number<std::uint32_t>();
  if (version < kOldest || version > kVersion)
    throw UnusableCheckpoint(fmt::format("is of version {}, this program reads versions {} and {}", version, kOldest, kVersion), false);
  const auto head = file.take(start.number<std::uint64_t>(), "the head");
  before.insert(before.end(), head.begin(), head.end());
  const auto sum = file.take(kSum, "the checksum of the head");
  if (std::memcmp(sum_of(before).data(), sum.data(), kSum) != 0) throw Corrupt("is corrupt (head: checksum)");

  Sections sections;
  ByteReader entries(head);
  for (auto count = entries.number<std::uint64_t>(); count > 0; --count) {
    const std::string name = entries.text();
    const auto size = entries.number<std::uint64_t>();
    const std::string expected = entries.text();
    auto bytes = file.take(size, fmt::format("section '{}'", name));
    if (sum_of(bytes) != expected) throw Corrupt(fmt::format("is corrupt (section '{}': checksum)", name));
    sections.emplace(name, std::move(bytes));
  }
  if (!file.at_end()) throw Corrupt("is corrupt (bytes after its end)");
  return sections;
}

}  // namespace

void write_checkpoint(const std::string& path, const Sections& sections, const Incarnation& by) {
  ByteWriter head;
  head.number<std::uint64_t>(sections.size());
  for (const auto& [name, bytes] : sections) {
    head.text(name);
    head.number<std::uint64_t>(bytes.size());
    head.text(sum_of(bytes));
  }
  ByteWriter start;
  start.raw(std::as_bytes(std::span(kMagic)));
  start.number(kVersion);
  start.number<std::uint64_t>(head.bytes().size());
  start.raw(head.bytes());
  const std::string sum = sum_of(start.bytes());

  std::vector<std::span<const std::byte>> pieces = {start.bytes(), std::as_bytes(std::span(sum))};
  for (const auto& [name, bytes] : sections) pieces.emplace_back(bytes);
  replace_file(path, ".new", pieces, by, path + ".previous");
}

LoadedCheckpoint read_checkpoint(const std::string& path, const std::function<void(const Sections&)>& check) {
  const std::string previous = path + ".previous";
  const auto there = [](const std::string& name) {  // a link to nothing too: what it names may come back
    std::error_code unknown;
    return std::filesystem::symlink_status(name, unknown).type() != std::filesystem::file_type::not_found;
  };
  LoadedCheckpoint loaded;
  std::string problems;
  bool all_damaged = true;
  for (const auto& candidate : {path, previous}) {
    if (!there(candidate)) continue;
    try {
      loaded.sections = load(candidate);
      if (check) check(loaded.sections);
      loaded.found = true;
      if (candidate == path) return loaded;
      loaded.note = problems.empty() ? fmt::format("checkpoint {} is missing (a stop while it was replaced)", path) : problems;
      loaded.note += "; used the one before it";
      return loaded;
    } catch (const UnusableCheckpoint& problem) {
      problems += fmt::format("{}checkpoint {} {}", problems.empty() ? "" : "; ", candidate, problem.what());
      all_damaged = all_damaged && problem.is_damaged;
    }
  }
  loaded.sections.clear();
  if (!all_damaged) fail("{}; start the run again from its beginning with --no-resume", problems);
  loaded.note = problems;
  return loaded;
}

void set_aside_unusable(const std::string& path) {
  const std::string aside = path + ".corrupt";
  if (std::rename(path.c_str(), aside.c_str()) != 0 && errno != ENOENT) fail("cannot rename {} to {}: {}", path, aside, std::strerror(errno));
}

void remove_checkpoint(const std::string& path) {
  for (const char* suffix : {"", ".previous", ".corrupt", ".previous.corrupt"}) std::remove((path + suffix).c_str());
  remove_temporary_files(path, ".new");
  remove_row_logs(path);
}

}  // namespace xib
