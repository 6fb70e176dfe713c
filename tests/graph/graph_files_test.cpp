#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/core/check.hpp"
#include "harness/graph/mixing_matrix.hpp"

using namespace xib;
using Catch::Contains;

namespace {

// A file with this text, gone at the end of the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text) : path_(std::filesystem::temp_directory_path() / fmt::format("graph_files_test_{}.txt", getpid())) {
    std::ofstream(path_) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  std::string term(const std::string& name, const std::string& more = "") const { return fmt::format("{}(\"{}\"{})", name, path_.string(), more); }

 private:
  std::filesystem::path path_;
};

MixingMatrix edges(const std::string& text, int nodes, const std::string& weights = "metropolis", const std::string& more = "") {
  const TextFile file(text);
  return make_mixing(file.term("edges", more), weights, nodes, 1).at(0);
}

MixingMatrix matrix(const std::string& text, int nodes, const std::string& weights = "uniform") {
  const TextFile file(text);
  return make_mixing(file.term("matrix"), weights, nodes, 1).at(0);
}

}  // namespace

TEST_CASE("a graph is read from an edge list") {
  const MixingMatrix path = edges("# a path\n0 1\n\n2, 1  # the other end\r\n", 3);
  CHECK((path.at(0, 1) == 1.0 / 3 && path.at(1, 2) == 1.0 / 3 && path.at(0, 2) == 0));

  const MixingMatrix turn = edges("0 1\n1 2\n2 0\n", 3, "uniform", ", direction = directed");
  CHECK((turn.at(1, 0) == 0.5 && turn.at(0, 1) == 0));
}

TEST_CASE("a bad edge list is refused by line") {
  CHECK_THROWS_WITH(edges("0 1\n1 3\n", 3), Contains(":2: node 3 must be in 0..2") && Contains("give 4 nodes"));
  CHECK_THROWS_WITH(edges("0 1\n-1 2\n", 3), Contains(":2: node -1"));
  CHECK_THROWS_WITH(edges("0 1\n\n1 0\n", 2), Contains(":3: the edge 1 0 is on line 1 already") && Contains("remove"));
  CHECK_THROWS_WITH(edges("0 1\n1 1\n", 2), Contains(":2: node 1 has an edge to itself") && Contains("remove"));
  CHECK_THROWS_WITH(edges("0 1 2\n", 3), Contains(":1: 3 fields"));
  CHECK_THROWS_WITH(edges("0 one\n", 3), Contains(":1: 'one' is not a node number"));
  CHECK_THROWS_WITH(edges("0 1\n2 3\n", 4), Contains("not connected") && Contains("add edges"));
  CHECK_THROWS_WITH(edges("0 1\n", 2, "uniform", ", sideways"), Contains("directed or undirected"));
  CHECK_THROWS_WITH(make_mixing("edges(nowhere.txt)", "metropolis", 2, 1), Contains("cannot read nowhere.txt: No such file"));
  CHECK_NOTHROW(edges("0 1\n1 0\n", 2, "uniform", ", directed"));
}

TEST_CASE("an edge list is read whatever editor saved it") {
  for (const char* text : {"\xef\xbb\xbf"
                           "0 1\n1 2\n",
                           "0 1\r\n1 2\r\n", "0 1\r1 2\r", "0 1\n1 2",
                           "\xef\xbb\xbf"
                           "0,1\r\n\r\n1,2"})
    CHECK_NOTHROW(edges(text, 3));
  CHECK_THROWS_WITH(edges("0 1\r\n1 x\r\n", 3), Contains(":2: 'x' is not a node number"));
  CHECK_THROWS_WITH(edges("\xff\xfe"
                          "0",
                          3),
                    Contains("is UTF-16; save it as UTF-8"));
  CHECK_THROWS_WITH(edges("0 \x1b[31m1\n", 3), Contains(":1: '\\x1b[31m1' is not a node number"));
  CHECK_THROWS_WITH(edges("0 " + std::string(100'000, '1') + "\n", 3), Contains("...' is not a node number"));
}

TEST_CASE("a list that counts from 1, and one without edges, get the advice that helps") {
  CHECK_THROWS_WITH(edges("1 2\n2 3\n", 3), Contains("no edge names node 0") && Contains("subtract 1 from all its numbers: nodes count from 0"));
  CHECK_THROWS_WITH(edges("1 2\n2 3\n", 4), Contains("subtract 1 from all its numbers and give 3 nodes"));
  for (const char* text : {"", "\n", "# nothing\n"}) CHECK_THROWS_WITH(edges(text, 3), Contains("holds no edge; write one per line"));
  CHECK_THROWS_WITH(make_mixing("edges(/)", "metropolis", 2, 1), Contains("cannot read /: it is a folder"));
  CHECK_THROWS_WITH(make_mixing("matrix(/dev/zero)", "uniform", 2, 1), Contains("/dev/zero: it is a pipe or a device, not a file"));
}

TEST_CASE("a weight that is no finite number is refused") {
  for (const char* text : {"nan", "inf", "1e999", "1/0", "0x1", ""}) CHECK_THROWS_WITH(matrix("0.5,0.5\n0.5," + std::string(text) + "\n", 2), Contains(":2: "));
}

TEST_CASE("W is read from a CSV file, fractions included") {
  const MixingMatrix w = matrix("# ring\n1/3, 1/3, 1/3\n1/3,1/3,1/3\n0.33333333333333331,1/3,1/3\n", 3);
  CHECK((w.symmetric() && w.doubly_stochastic() && w.at(2, 0) == 1.0 / 3));

  const MixingMatrix lazy = matrix("0,1\n1,0\n", 2, "lazy");
  CHECK((lazy.at(0, 0) == 0.5 && lazy.at(0, 1) == 0.5));
  const MixingMatrix sums = matrix("0.5,1\n0.5,0\n", 2, "push-sum");
  CHECK((sums.stochastic() == MixingMatrix::Stochastic::columns && sums.at(0, 1) == 1));
}

TEST_CASE("a bad W is refused by line") {
  CHECK_THROWS_WITH(matrix("0.5,0.5\n0.5,0.4\n", 2), Contains(":2: the weights sum to 0.9") && Contains("fractions such as 1/3"));
  CHECK_THROWS_WITH(matrix("1.5,-0.5\n-0.5,1.5\n", 2), Contains(":1: the weight -0.5 is negative"));
  CHECK_THROWS_WITH(matrix("1\n", 2), Contains(":1: 1 weights for 2 nodes"));
  CHECK_THROWS_WITH(matrix("1/2,1/2\n1/2,1/2\n1/2,1/2\n", 2), Contains(":3: row 3"));
  CHECK_THROWS_WITH(matrix("1/2,1/2\n", 2), Contains("1 rows for 2 nodes"));
  CHECK_THROWS_WITH(matrix("1/2,half\n1/2,1/2\n", 2), Contains(":1: 'half' is not a weight"));
  CHECK_THROWS_WITH(matrix("1/0,1/2\n1/2,1/2\n", 2), Contains(":1: '1/0'"));
  CHECK_THROWS_WITH(matrix("nan,1/2\n1/2,1/2\n", 2), Contains(":1: 'nan'"));
  CHECK_THROWS_WITH(matrix("1,0\n0.5,0.5\n", 2), Contains("column 1 sums to 1.5") && Contains("push-sum"));
  CHECK_THROWS_WITH(matrix("1,0.5\n0.5,0.5\n", 2, "push-sum"), Contains("column 1 sums to 1.5") && Contains("lose mass"));
  CHECK_THROWS_WITH(matrix("1,0\n0,1\n", 2), Contains("not connected"));
  CHECK_THROWS_WITH(matrix("1/2,1/2\n1/2,1/2\n", 2, "metropolis"), Contains("own weights"));
}
