#include "datasets/fetch.hpp"
#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "tests/datasets/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

using namespace xib;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What a publisher has: two loose files, and an archive that holds a folder with the same two.
struct Published {
  TemporaryDirectory scratch;
  fs::path there = scratch.path / "there", here = scratch.path / "here";
  std::string one = std::string(100000, '1') + "end", two = "two", archive_sum, address;
  std::string sum_one = sha256(one), sum_two = sha256(two);
  std::vector<OfficialSet::File> files = {{"one", sum_one}, {"two", sum_two}}, archives;

  Published() {
    fs::create_directories(there / "folder");
    scratch.write("there/one", one), scratch.write("there/two", two);
    scratch.write("there/folder/one", one), scratch.write("there/folder/two", two);
    REQUIRE(std::system(("tar -C " + there.string() + " -czf " + (there / "set.tar.gz").string() + " folder").c_str()) == 0);
    archive_sum = sha256_file((there / "set.tar.gz").string());
    archives = {{"set.tar.gz", archive_sum}};
    address = "file://" + there.string();
  }
  DatasetInfo info(std::string_view folder) const { return {"set", "", "", "REMEDY", "", folder, "one", nullptr, nullptr}; }
  OfficialSet loose() const { return {"set", address, files, files}; }
  OfficialSet packed() const { return {"set", address, archives, files}; }
  std::string fetch_loose(const std::string& mirror = "") const { return fetch(info(""), loose(), here.string(), mirror); }
  std::string fetch_packed(const std::string& mirror = "") const { return fetch(info("folder"), packed(), here.string(), mirror); }
  std::set<std::string> present() const {
    std::set<std::string> names;
    if (fs::exists(here))
      for (const auto& entry : fs::recursive_directory_iterator(here))
        if (!entry.is_directory()) names.insert(fs::relative(entry.path(), here / "set").string());
    return names;
  }
};

}  // namespace

TEST_CASE("loose files and archives arrive whole, from an address and from a directory") {
  const Published p;
  const bool from_directory = GENERATE(false, true), packed = GENERATE(false, true);
  const std::string mirror = from_directory ? p.there.string() : "";
  const std::string place = packed ? p.fetch_packed(mirror) : p.fetch_loose(mirror);

  CHECK(place == (packed ? p.here / "set/folder" : p.here / "set").string());
  CHECK(content(place + "/one") == p.one);
  CHECK(content(place + "/two") == p.two);
  CHECK(p.present() == (packed ? std::set<std::string>{"folder/one", "folder/two"} : std::set<std::string>{"one", "two"}));

  fs::remove_all(p.there);  // nothing is transferred again
  CHECK((packed ? p.fetch_packed(mirror) : p.fetch_loose(mirror)) == place);
}

TEST_CASE("a transfer that broke off goes on where it was") {
  const Published p;
  fs::create_directories(p.here / "set");
  std::ofstream(p.here / "set/one.partial", std::ios::binary) << p.one.substr(0, 70000);
  p.scratch.write("there/one", std::string(70000, 'x') + p.one.substr(70000));  // what is here already is not asked for again

  CHECK(content(p.fetch_loose() + "/one") == p.one);
}

TEST_CASE("what arrived and is not what was published does not stay") {
  const Published p;
  p.scratch.write("there/two", "tow");
  CHECK_THROWS_WITH(p.fetch_loose(), Contains("arrived as two") && Contains(sha256("tow")) && Contains(p.sum_two) && Contains("--mirror"));
  CHECK(p.present() == std::set<std::string>{"one"});
  p.scratch.write("there/two", p.two);
  CHECK(content(p.fetch_loose() + "/two") == p.two);  // and fetches only what is missing

  p.scratch.write("there/set.tar.gz", "no archive");
  CHECK_THROWS_WITH(p.fetch_packed(), Contains("arrived as set.tar.gz"));
}

TEST_CASE("an archive that holds other files than were published is not put in place") {
  Published p;
  p.scratch.write("there/folder/two", "tow");
  REQUIRE(std::system(("tar -C " + p.there.string() + " -czf " + (p.there / "set.tar.gz").string() + " folder").c_str()) == 0);
  p.archive_sum = sha256_file((p.there / "set.tar.gz").string());
  p.archives = {{"set.tar.gz", p.archive_sum}};
  CHECK_THROWS_WITH(p.fetch_packed(), Contains("two is not the file that was published"));
  CHECK_FALSE(fs::exists(p.here / "set/folder"));
}

TEST_CASE("a set that is here and is another is refused, and left alone") {
  const Published p;
  fs::create_directories(p.here / "set");
  p.scratch.write("here/set/one", p.one), p.scratch.write("here/set/two", "mine");
  CHECK_THROWS_WITH(p.fetch_loose(), Contains("set/two is not the file that was published") && Contains("move"));
  CHECK(content(p.here / "set/two") == "mine");

  fs::create_directories(p.here / "set/folder");
  p.scratch.write("here/set/folder/two", "mine");
  CHECK_THROWS_WITH(p.fetch_packed(), Contains("folder is there, but not all") && Contains("move it away"));
  CHECK(content(p.here / "set/folder/two") == "mine");
}

TEST_CASE("what hinders a transfer is named") {
  const Published p;
  CHECK_THROWS_WITH(p.fetch_loose("/nowhere"), Contains("cannot copy /nowhere/one") && Contains("--mirror"));
  CHECK_THROWS_WITH(p.fetch_loose("file:///nowhere"), Contains("file:///nowhere/one did not arrive whole"));
  CHECK_THROWS_WITH(fetch(p.info(""), p.loose(), "/dev/null/x", ""), Contains("cannot create /dev/null/x/set") && Contains("--data"));
  const int lock = open((p.here / "set").c_str(), O_RDONLY | O_DIRECTORY);
  REQUIRE(flock(lock, LOCK_EX) == 0);
  CHECK_THROWS_WITH(p.fetch_loose(), Contains("another process is fetching"));
  close(lock);
  CHECK_NOTHROW(p.fetch_loose());
}

TEST_CASE("every set that is read from files has what was published of it") {
  for (const auto& info : datasets()) {
    const OfficialSet* official = official_set(info.name);
    REQUIRE((official != nullptr) == !info.probe.empty());
    if (!official) continue;
    INFO(info.name);
    CHECK(std::any_of(official->files.begin(), official->files.end(), [&](const auto& file) { return file.name == info.probe; }));
    std::set<std::string_view> sums;
    for (const auto list : {official->files, official->downloads})
      for (const auto& file : list) {
        CHECK(file.sha256.size() == 64);
        CHECK(file.sha256.find_first_not_of("0123456789abcdef") == std::string_view::npos);
        CHECK(sums.insert(file.sha256).second);
      }
    if (!info.folder.empty()) {
      CHECK(official->downloads.size() == 1);
      continue;
    }
    REQUIRE(official->downloads.size() == official->files.size());
    for (std::size_t k = 0; k < official->files.size(); ++k)
      CHECK(official->downloads[k].name == std::string(official->files[k].name) + ".gz");  // loose files are packed one by one
  }
  CHECK(official_set("synthetic") == nullptr);
}

TEST_CASE("Debian's Fashion-MNIST, packed anew, is the published one") {
  const DatasetInfo& info = dataset_info(Term::parse("fashion-mnist"), "test");
  if (!fs::exists(info.default_directory)) {
    WARN("skipped: dataset-fashion-mnist is not installed");
    return;
  }
  const auto found = check_files(*official_set("fashion-mnist"), std::string(info.default_directory), "");
  CHECK(found.size() == 4);
  for (const auto& file : found) CHECK(file.official);
}
