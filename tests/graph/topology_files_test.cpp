#include "harness/graph/topology_files.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/graph/mixing_matrix.hpp"

using namespace xib;
namespace fs = std::filesystem;

namespace {

// The working directory while it lives: an empty one.
class WorkingDirectory {
 public:
  WorkingDirectory() : before_(fs::current_path()), path_(fs::temp_directory_path() / fmt::format("topology_files_test_{}", getpid())) {
    fs::create_directories(path_);
    fs::current_path(path_);
  }
  ~WorkingDirectory() {
    fs::current_path(before_);
    fs::remove_all(path_);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;

 private:
  fs::path before_, path_;
};

void write(const std::string& name, const std::string& text) { std::ofstream(name) << text; }

constexpr const char* kPath = "0 1\n1 2\n";
constexpr const char* kThirds = "1/3 1/3 1/3\n1/3 1/3 1/3\n1/3 1/3 1/3\n";

}  // namespace

TEST_CASE("a topology without files has no checksum") {
  for (const auto* name : {"ring", "torus(4, 8)", "alternate(ring, 9, complete, 1)", "alternate(\"torus 2 4\", 2, complete, 1)"})
    CHECK(topology_files_sha256(name).empty());
}

TEST_CASE("what a topology reads from a file is told by the checksum of its content") {
  const WorkingDirectory here;
  write("g.txt", kPath);
  write("w.csv", kThirds);
  CHECK(topology_files_sha256("edges(g.txt)") == sha256(kPath));
  CHECK(topology_files_sha256("edges(g.txt, directed)") == sha256(kPath));
  CHECK(topology_files_sha256("edges(direction = undirected, file = g.txt)") == sha256(kPath));
  CHECK(topology_files_sha256("matrix(w.csv)") == sha256(kThirds));
  CHECK(topology_files_sha256("alternate(\"edges g.txt\", 2, ring, 1, \"matrix w.csv\", 1)") == sha256(kPath) + " " + sha256(kThirds));

  CHECK(topology_files_sha256("alternate(rounds = 2, graph = \"edges file=g.txt\")") == sha256(kPath));

  write("g.txt", "0 2\n1 2\n");
  CHECK(topology_files_sha256("edges(g.txt)") == sha256("0 2\n1 2\n"));
}

TEST_CASE("a file that cannot be read is refused by name") {
  const WorkingDirectory here;
  for (const auto* name : {"edges(g.txt)", "matrix(file = g.txt)", "alternate(\"edges g.txt\", 1)"})
    CHECK_THROWS_WITH(topology_files_sha256(name), Catch::Contains("g.txt") && Catch::Contains("No such file") && Catch::Contains("working directory"));
}
