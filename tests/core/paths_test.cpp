#include "harness/core/paths.hpp"

#include "harness/core/hash.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace xib;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "xib-paths-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
    return *this / name;
  }
};

// What `work` says in a process without root's right to read everything.
std::string said_without_root(const std::function<std::string()>& work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string said = "cannot give root up";
    if (geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0)) said = work();
    const auto written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(4096, '\0');
  std::size_t size = 0;
  for (ssize_t got = 0; (got = read(ends[0], said.data() + size, said.size() - size)) > 0;) size += static_cast<std::size_t>(got);
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  said.resize(size);
  return said;
}

std::string refusal(const std::function<void()>& work) try {
  work();
  return "nothing";
} catch (const Unreadable& error) {
  return std::string("unreadable: ") + error.what();
} catch (const Error& error) {
  return error.what();
} catch (const std::exception& error) {
  return std::string("raw: ") + error.what();
}

}  // namespace

TEST_CASE("a path names a file, a folder, something special or nothing, links followed") {
  const Folder folder;
  const auto file = folder.file("file", "text");
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("file", folder / "link");
  fs::create_symlink("nowhere", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");

  CHECK(look_at(file).kind == Place::Kind::file);
  CHECK(look_at(folder / "link").kind == Place::Kind::file);
  CHECK(look_at(folder.path).kind == Place::Kind::folder);
  CHECK(look_at(folder / "pipe").kind == Place::Kind::special);
  CHECK(look_at("/dev/null").kind == Place::Kind::special);
  for (const char* absent : {"nowhere", "dangling", "file/below"}) CHECK(look_at(folder / absent).kind == Place::Kind::absent);
  CHECK(look_at(folder / "loop").kind == Place::Kind::closed);
  CHECK(is_there(folder / "pipe"));
  CHECK_FALSE(is_there(folder / "nowhere"));
  CHECK_THROWS_AS(is_there(folder / "loop"), Unreadable);
  CHECK_THROWS_AS(is_there(folder / std::string(300, 'x')), Unreadable);
}

TEST_CASE("only files are read, and the refusal says what is there instead and what to do") {
  const Folder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const std::string any = std::string("any\0bytes\n", 10);

  CHECK(read_file(folder.file("file", any), "") == any);
  CHECK(read_file_if_there(folder.file("empty", ""), "") == "");
  CHECK(read_file_if_there(folder / "nowhere", "") == std::nullopt);
  CHECK_THROWS_WITH(read_file(folder / "nowhere", "name a file"), Contains("cannot read " + folder.path + "/nowhere: No such file or directory; name a file"));
  CHECK_THROWS_WITH(read_file(folder.path, "name a file"), Contains(": it is a folder; name a file"));
  // A hang would be ended by the time limit of the test.
  for (const std::string& special : {folder / "pipe", std::string("/dev/zero")}) {
    CHECK_THROWS_WITH(read_file(special, "name a file"), Contains(special + ": it is a pipe or a device, not a file; name a file"));
    CHECK_THROWS_WITH(read_file_if_there(special, "name a file"), Contains("a pipe or a device"));
    CHECK_THROWS_WITH(sha256_file(special), Contains("a pipe or a device"));
  }
}

TEST_CASE("a folder's names come in order, and what is no folder is refused") {
  const Folder folder;
  for (const char* name : {"c", "a", "b"}) folder.file(name, "");
  CHECK(names_in(folder.path, "") == std::vector<std::string>{"a", "b", "c"});
  CHECK_THROWS_WITH(names_in(folder / "a", "name a folder"), Contains("it is a file, not a folder; name a folder"));
  CHECK_THROWS_WITH(names_in(folder / "nowhere", "name a folder"), Contains("No such file or directory; name a folder"));
}

TEST_CASE("what rights keep from us is neither absent nor damaged") {
  const Folder folder;
  fs::create_directory(folder / "closed");
  folder.file("closed/file", "text");
  const auto secret = folder.file("secret", "text");
  REQUIRE(chmod(secret.c_str(), 0) == 0);
  REQUIRE(chmod((folder / "closed").c_str(), 0) == 0);
  REQUIRE(chmod(folder.path.c_str(), 0755) == 0);
  const std::string remedy = "Permission denied; ask for the right to read it and to enter its folders (chmod), or name another";

  CHECK(said_without_root([&] { return refusal([&] { is_there(folder / "closed/file"); }); }) ==
        "unreadable: cannot read " + folder.path + "/closed/file: " + remedy);
  CHECK(said_without_root([&] { return refusal([&] { read_file(folder / "closed/file", ""); }); }) ==
        "unreadable: cannot read " + folder.path + "/closed/file: " + remedy);
  CHECK(said_without_root([&] { return refusal([&] { read_file_if_there(secret, ""); }); }) == "unreadable: cannot read " + secret + ": " + remedy);
  CHECK(said_without_root([&] { return refusal([&] { names_in(folder / "closed", ""); }); }) ==
        "unreadable: cannot read " + folder.path + "/closed: " + remedy);
  chmod((folder / "closed").c_str(), 0700);
}

TEST_CASE("a lock of another program is seen") {
  const Folder folder;
  const auto path = folder.file("file", "text");
  CHECK_FALSE(is_locked(path));
  CHECK_FALSE(is_locked(folder / "nowhere"));
  const int held = open(path.c_str(), O_RDWR);
  REQUIRE(held >= 0);
  REQUIRE(flock(held, LOCK_EX | LOCK_NB) == 0);
  CHECK(is_locked(path));
  close(held);
  CHECK_FALSE(is_locked(path));
}
