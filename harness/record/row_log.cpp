#include "harness/record/row_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/encode_rows.hpp"
#include "harness/record/layout.hpp"

namespace xib {
namespace {

// File: magic, version, blocks. Block: size of its table, size of its wide columns, SHA-256 of the wide columns, checksum, table, wide columns. The checksum is
// the SHA-256 of the checksum of the block before it (of the first: of nothing), the sizes, the SHA-256 of the wide columns, and the table. So whoever reads
// tables only can pass over the wide columns, and a checksum vouches for all blocks up to its own.
// Table: nodes, ranks, /steps, /evaluations as in a checkpoint. Wide columns: arrays, per node, then per rank.
constexpr std::string_view kMagic = "XIBENCH rows\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSum = 64;  // hexadecimal digits
constexpr std::size_t kHead = kMagic.size() + sizeof(kVersion), kBlockHead = 2 * sizeof(std::uint64_t) + 2 * kSum;
constexpr std::string_view kEnding = ".rows";

struct BlockHead {
  std::uint64_t table = 0, wide = 0;  // bytes
  std::string wide_sum, sum;
};

std::string hash_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string chained(const std::string& before, const BlockHead& head, std::span<const std::byte> table) {
  Sha256 hash;
  hash.update(before);
  hash.update(std::as_bytes(std::span(&head.table, 1)));
  hash.update(std::as_bytes(std::span(&head.wide, 1)));
  hash.update(head.wide_sum);
  hash.update(table);
  return hash.hex();
}

void decode_table(std::span<const std::byte> bytes, Rows& rows) {
  ByteReader in(bytes);
  rows.nodes = in.number<std::int32_t>();
  rows.ranks = in.number<std::int32_t>();
  rows.steps = read_table(in, kStepColumns);
  rows.evaluations = read_table(in, kEvaluationColumns);
  read_own(in, rows.evaluations);
}

void decode_wide(std::span<const std::byte> bytes, Rows& rows) {
  ByteReader in(bytes);
  for (const auto& column : kNodeColumns) rows.*column.member = in.array<float>();
  for (const auto& column : kRankColumns) rows.*column.member = in.array<float>();
}

// Walks over the blocks of a part. Throws UnusableCheckpoint.
class PartReader {
 public:
  PartReader(const std::string& path, const RowPart& part) : path_(path), part_(part), file_(nullptr, std::fclose), left_(part.bytes) {
    const Place place = look_at(path);
    if (place.kind == Place::Kind::absent) lost("which does not exist");
    if (place.kind != Place::Kind::file && place.kind != Place::Kind::closed) lost("but " + place.reason());
    file_ = open_file(path, "");
    std::fseek(file_.get(), 0, SEEK_END);
    const auto size = static_cast<std::uint64_t>(std::ftell(file_.get()));
    if (size < part.bytes) lost(fmt::format("which has {}", size));
    std::rewind(file_.get());
    const auto head = take(kHead);
    if (std::memcmp(head.data(), kMagic.data(), kMagic.size()) != 0) damaged("begins otherwise");
    const auto version = ByteReader(std::span<const std::byte>(head).subspan(kMagic.size())).number<std::uint32_t>();
    if (version != kVersion)
      throw UnusableCheckpoint(fmt::format("needs {}, which is of version {}, this program reads version {}", path_, version, kVersion), false);
  }
  // False after the last block. With `keep_wide`, rows get their wide columns; else these are only compared with their checksum.
  bool next(Rows& rows, bool keep_wide) {
    if (left_ == 0) {
      if (sum_ != part_.sum) damaged("is of another run");
      return false;
    }
    const auto bytes = take(kBlockHead);
    ByteReader in(bytes);
    BlockHead head;
    head.table = in.number<std::uint64_t>();
    head.wide = in.number<std::uint64_t>();
    const auto text = [&](std::size_t at) { return std::string(reinterpret_cast<const char*>(bytes.data()) + at, kSum); };
    head.wide_sum = text(kBlockHead - 2 * kSum);
    head.sum = text(kBlockHead - kSum);
    if (head.table > left_ || head.wide > left_ - head.table) damaged("has a block that is too long");
    const auto table = take(head.table);
    if (chained(sum_, head, table) != head.sum) damaged("is corrupt (checksum)");
    sum_ = head.sum;
    rows = {};
    decode_table(table, rows);
    if (keep_wide) {
      const auto wide = take(head.wide);
      if (hash_of(wide) != head.wide_sum) damaged("is corrupt (checksum)");
      decode_wide(wide, rows);
    } else {
      Sha256 hash;
      for (auto left = head.wide; left > 0;) {
        const auto piece = take(std::min<std::uint64_t>(left, 1 << 20));
        hash.update(piece);
        left -= piece.size();
      }
      if (hash.hex() != head.wide_sum) damaged("is corrupt (checksum)");
    }
    return true;
  }

 private:
  std::vector<std::byte> take(std::uint64_t size) {
    if (size > left_) damaged("has a block that is too long");
    std::vector<std::byte> bytes(size);
    if (std::fread(bytes.data(), 1, size, file_.get()) != size) {
      if (std::ferror(file_.get())) refuse_unreadable(path_, errno);
      lost("which has become shorter");
    }
    left_ -= size;
    return bytes;
  }
  // A person may have moved the file, or may not have copied all of it: it is not given up.
  [[noreturn]] void lost(const std::string& how) const {
    throw UnusableCheckpoint(fmt::format("needs {} bytes of {}, {}: put the whole file back", part_.bytes, path_, how), false);
  }
  [[noreturn]] void damaged(const std::string& how) const { throw UnusableCheckpoint(fmt::format("needs {}, which {}", path_, how), true); }

  std::string path_;
  const RowPart& part_;
  OpenFile file_;
  std::uint64_t left_;
  std::string sum_;
};

}  // namespace

std::vector<std::byte> encode_parts(const std::vector<RowPart>& parts) {
  ByteWriter out;
  out.number<std::uint64_t>(parts.size());
  for (const RowPart& part : parts) {
    out.text(part.file);
    out.number(part.bytes);
    out.text(part.sum);
  }
  return out.take();
}

std::vector<RowPart> decode_parts(const std::vector<std::byte>& bytes) {
  ByteReader in(bytes);
  std::vector<RowPart> parts;
  for (auto count = in.number<std::uint64_t>(); count > 0; --count) {
    RowPart part;
    part.file = in.text();
    part.bytes = in.number<std::uint64_t>();
    part.sum = in.text();
    parts.push_back(std::move(part));
  }
  return parts;
}

RowLog::RowLog(std::string checkpoint, Incarnation by) : checkpoint_(std::move(checkpoint)), by_(std::move(by)) {}

RowLog::RowLog(std::string checkpoint, const std::vector<RowPart>& parts, std::vector<EvaluationRow>& evaluations, Incarnation by)
    : checkpoint_(std::move(checkpoint)), by_(std::move(by)), parts_(parts) {
  Rows rows;
  for (const RowPart& part : parts_)
    for (PartReader reader(path_of(part), part); reader.next(rows, /*keep_wide=*/false);) {
      totals_.add(rows.steps);
      evaluations_ += std::ssize(rows.evaluations);
      std::move(rows.evaluations.begin(), rows.evaluations.end(), std::back_inserter(evaluations));
    }
}

void RowLog::begin_file() {
  const std::string stem = checkpoint_ + (by_.token.empty() ? "" : "." + by_.token);
  for (int k = 1; !file_; ++k) {  // a name that no attempt has had
    const std::string path = stem + (k == 1 ? "" : fmt::format(".{}", k)) + std::string(kEnding);
    auto file = std::make_unique<Descriptor>(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!file->open() && errno == EEXIST) continue;
    if (!file->open()) fail_to_write(path, "making it", errno);
    file_ = std::move(file);
    has_file_ = true;
    parts_.push_back({.file = std::filesystem::path(path).filename().string(), .bytes = 0, .sum = ""});
  }
  ByteWriter head;
  head.raw(std::as_bytes(std::span(kMagic)));
  head.number(kVersion);
  if (!write_all(file_->get(), head.bytes())) fail_to_write(path_of(parts_.back()), "writing", errno);
  parts_.back().bytes = head.bytes().size();
  sync_folder_of(checkpoint_);
}

void RowLog::append(const Rows& rows) {
  if (!has_file_) begin_file();
  RowPart& part = parts_.back();
  if (!file_) file_ = std::make_unique<Descriptor>(path_of(part), O_WRONLY | O_APPEND);
  if (!file_->open()) fail_to_write(path_of(part), "opening", errno);
  ByteWriter table, wide, start;
  table.number(rows.nodes);
  table.number(rows.ranks);
  write_table(table, kStepColumns, std::span<const StepRow>(rows.steps));
  write_table(table, kEvaluationColumns, std::span<const EvaluationRow>(rows.evaluations));
  write_own(table, rows.evaluations);
  for (const auto& column : kNodeColumns) wide.array(rows.*column.member);
  for (const auto& column : kRankColumns) wide.array(rows.*column.member);

  BlockHead head{.table = table.bytes().size(), .wide = wide.bytes().size(), .wide_sum = hash_of(wide.bytes()), .sum = ""};
  head.sum = chained(part.sum, head, table.bytes());
  start.number(head.table);
  start.number(head.wide);
  start.raw(std::as_bytes(std::span(head.wide_sum)));
  start.raw(std::as_bytes(std::span(head.sum)));
  for (const auto* piece : {&start, &table, &wide})
    if (!write_all(file_->get(), piece->bytes())) fail_to_write(path_of(part), "writing", errno);
  part.bytes += start.bytes().size() + head.table + head.wide;
  part.sum = head.sum;
  totals_.add(rows.steps);
  evaluations_ += std::ssize(rows.evaluations);
}

const std::vector<RowPart>& RowLog::make_durable() {
  if (!file_) return parts_;
  if (::fsync(file_->get()) != 0) fail_to_write(path_of(parts_.back()), "fsync", errno);
  if (!file_->close()) fail_to_write(path_of(parts_.back()), "closing", errno);
  file_.reset();
  return parts_;
}

void RowLog::each(const std::function<void(Rows&)>& visit) const {
  Rows rows;
  try {
    for (const RowPart& part : parts_)
      for (PartReader reader(path_of(part), part); reader.next(rows, /*keep_wide=*/true);) visit(rows);
  } catch (const UnusableCheckpoint& problem) {
    fail("the result {}; the checkpoint stays: run again", problem.what());
  }
}

void RowLog::remove_others() const {
  std::set<std::string> mine;
  for (const RowPart& part : parts_) mine.insert(part.file);
  const std::string name = std::filesystem::path(checkpoint_).filename().string();
  std::error_code problem;  // what cannot be removed is in nobody's way
  for (std::filesystem::directory_iterator at(folder_of(checkpoint_), problem), end; !problem && at != end; at.increment(problem)) {
    const std::string other = at->path().filename().string();
    std::error_code stays;
    if (other.starts_with(name) && other.ends_with(kEnding) && !mine.contains(other)) std::filesystem::remove(at->path(), stays);
  }
}

void remove_row_logs(const std::string& checkpoint) { remove_temporary_files(checkpoint, std::string(kEnding)); }

}  // namespace xib
