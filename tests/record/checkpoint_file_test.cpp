#include "harness/record/checkpoint_file.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <span>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

namespace {

std::vector<std::byte> bytes(const std::string& text) {
  const auto span = std::as_bytes(std::span(text));
  return {span.begin(), span.end()};
}
const Sections kFirst = {{"models", bytes("first model")}, {"steps_done", bytes("1")}, {"empty", {}}};
const Sections kSecond = {{"models", bytes("second model")}, {"steps_done", bytes("2")}};

}  // namespace

TEST_CASE("a checkpoint gives back its sections; there is nothing where none was written") {
  const Scratch folder;
  CHECK_FALSE(read_checkpoint(folder / "a.ckpt").found);

  write_checkpoint(folder / "a.ckpt", kFirst);

  const auto loaded = read_checkpoint(folder / "a.ckpt");
  CHECK(loaded.found);
  CHECK(loaded.sections == kFirst);
  CHECK(loaded.note.empty());
}

TEST_CASE("a checkpoint damaged at any byte is not used: the one before it is") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  write_checkpoint(path, kSecond);
  const std::string good = read_bytes(path);

  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_bytes(path, bad);
    const auto loaded = read_checkpoint(path);
    INFO("byte " << at << " of " << good.size());
    CHECK(loaded.sections == kFirst);
    CHECK_THAT(loaded.note, Contains("a.ckpt is ") && Contains("used the one before it"));
  }
}

TEST_CASE("a checkpoint cut at any length, or longer than it was, is not used") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kSecond);
  const std::string good = read_bytes(path);

  for (std::size_t size = 0; size < good.size(); ++size) {
    write_bytes(path, good.substr(0, size));
    INFO("cut to " << size << " of " << good.size());
    const auto loaded = read_checkpoint(path);
    CHECK_FALSE(loaded.found);
    CHECK_THAT(loaded.note, Contains("a.ckpt is "));
  }
  write_bytes(path, good + "x");
  CHECK_FALSE(read_checkpoint(path).found);
  CHECK_THAT(read_checkpoint(path).note, Contains("after its end"));
}

TEST_CASE("the note names the section that is damaged, and both files when both are") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  write_checkpoint(path, kSecond);
  std::string bad = read_bytes(path);
  bad.back() ^= 1;  // the last byte of the last section
  write_bytes(path, bad);
  CHECK_THAT(read_checkpoint(path).note, Contains("section 'steps_done': checksum"));

  write_bytes(path + ".previous", "not a checkpoint, but long enough to be looked at");
  CHECK_FALSE(read_checkpoint(path).found);
  CHECK_THAT(read_checkpoint(path).note, Contains("section 'steps_done'") && Contains("a.ckpt.previous is not a checkpoint"));
}

TEST_CASE("a checkpoint of another version, older or newer, is refused by its version") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  for (const char version : {1, 4}) {
    std::string other = read_bytes(path);
    other[std::string("XIBENCH checkpoint\n").size()] = version;
    write_bytes(path, other);

    CHECK_THROWS_WITH(read_checkpoint(path), Contains(fmt::format("version {:d}, this program reads versions 2 and 3", version)) && Contains("--no-resume"));
  }
}

TEST_CASE("a checkpoint of the version before, which has all rows in its record, is read") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, {});
  std::string other = read_bytes(path);  // magic, version, size of the head, head, SHA-256 of all before
  const auto at = std::string("XIBENCH checkpoint\n").size();
  other[at] = 2;
  const std::string sum = sha256(other.substr(0, other.size() - 64));
  write_bytes(path, other.substr(0, other.size() - 64) + sum);

  CHECK(read_checkpoint(path).found);
}

TEST_CASE("a checkpoint whose check fails is used as little as a damaged one, and is kept where that may be mended") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  write_checkpoint(path, kSecond);
  const auto refuse_second = [](const Sections& sections) {
    if (sections == kSecond) throw UnusableCheckpoint("needs what is not there", true);
  };
  const auto refuse_all = [](const Sections&) { throw UnusableCheckpoint("needs what is not there", false); };

  const auto loaded = read_checkpoint(path, refuse_second);
  CHECK(loaded.sections == kFirst);
  CHECK_THAT(loaded.note, Contains("a.ckpt needs what is not there; used the one before it"));
  CHECK_THROWS_WITH(read_checkpoint(path, refuse_all), Contains("a.ckpt needs what is not there; checkpoint ") && Contains("--no-resume"));
}

TEST_CASE("a stop between the two renames leaves the one before") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  std::filesystem::rename(path, path + ".previous");

  const auto loaded = read_checkpoint(path);

  CHECK(loaded.sections == kFirst);
  CHECK_THAT(loaded.note, Contains("missing"));
}

TEST_CASE("a checkpoint that cannot be written says why and leaves the old one") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  std::filesystem::create_directory(path + ".new");

  CHECK_THROWS_WITH(write_checkpoint(path, kSecond), Contains("cannot write " + path) && Contains("Is a directory"));
  CHECK(read_checkpoint(path).sections == kFirst);
}

TEST_CASE("a folder in the place of a checkpoint cannot be read, in plain words") {
  const Scratch folder;
  std::filesystem::create_directory(folder / "a.ckpt");

  CHECK_THROWS_WITH(read_checkpoint(folder / "a.ckpt"), Contains("a.ckpt cannot be read: it is a folder; start"));
}

TEST_CASE("an unusable checkpoint that was set aside does not replace the good one before it") {
  const Scratch folder;
  const std::string path = folder / "a.ckpt";
  write_checkpoint(path, kFirst);
  write_bytes(path, read_bytes(path) + "x");
  std::filesystem::copy_file(path, path + ".bad");
  write_checkpoint(path, kFirst);
  write_checkpoint(path, kSecond);
  for (int again = 0; again < 2; ++again) {
    std::filesystem::copy_file(path + ".bad", path, std::filesystem::copy_options::overwrite_existing);
    CHECK(read_checkpoint(path).sections == kFirst);
    set_aside_unusable(path);
    write_checkpoint(path, kSecond);
    CHECK(read_checkpoint(path).sections == kSecond);
  }
  set_aside_unusable(folder / "nothing");
}

TEST_CASE("removing a checkpoint removes the one before it and the one set aside too") {
  const Scratch folder;
  write_checkpoint(folder / "a.ckpt", kFirst);
  set_aside_unusable(folder / "a.ckpt");
  write_checkpoint(folder / "a.ckpt", kFirst);
  write_checkpoint(folder / "a.ckpt", kSecond);

  remove_checkpoint(folder / "a.ckpt");

  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a record survives its encoding, and an encoding cut at any length is refused") {
  const RunRecord record = sample_record();
  const auto encoded = encode_record(record);

  check_same(decode_record(encoded), record);
  check_same(decode_record(encode_record(RunRecord{})), RunRecord{});
  for (std::size_t size = 0; size < encoded.size(); size += 7) {
    CHECK_THROWS_AS(decode_record({encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size)}), Error);
  }
}

TEST_CASE("a record of a build with other columns is refused") {
  auto encoded = encode_record(sample_record());
  const auto name = bytes("train_loss float64");
  const auto at = std::search(encoded.begin(), encoded.end(), name.begin(), name.end());
  REQUIRE(at != encoded.end());
  *at = std::byte{'b'};

  CHECK_THROWS_WITH(decode_record(encoded), Contains("other columns"));
}
