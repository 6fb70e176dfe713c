#include "harness/cli/all_reduce.hpp"
#include "harness/comm/single.hpp"
#include "harness/comm/thread_world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "tests/contract/forwarding.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace xib;

namespace {

constexpr std::size_t kFloats = 4096;

// Ranks whose clock moves only by messages between nodes, at bytes/s of the slower of the two; and one whose messages arrive changed.
class Planted final : public test::ForwardingCommunicator {
 public:
  Planted(Communicator& inner, std::vector<int> node_of, std::vector<double> speed, int garbles = -1)
      : ForwardingCommunicator(inner), node_of_(std::move(node_of)), speed_(std::move(speed)), garbles_(garbles) {}
  double now() const override { return clock_; }
  [[noreturn]] void abort(int) override { throw std::runtime_error("aborted"); }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    inner_.exchange(sends, receives);
    for (const auto& r : receives) {
      if (r.from == rank() || r.data.empty()) continue;
      clock_ += static_cast<double>(r.data.size_bytes()) / std::min(speed_of(rank()), speed_of(r.from));
      if (r.from == garbles_) r.data.back() += 1;
    }
  }

 private:
  double speed_of(int rank) const { return speed_[static_cast<std::size_t>(node_of_[static_cast<std::size_t>(rank)])]; }
  std::vector<int> node_of_;
  std::vector<double> speed_;
  int garbles_;
  double clock_ = 0;
};

struct File {
  explicit File(const std::string& text = "") {
    if (!text.empty()) std::ofstream(path) << text;
  }
  ~File() { std::filesystem::remove(path); }
  std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  const std::string path = std::filesystem::temp_directory_path() / fmt::format("all-reduce-{}", getpid());
};

}  // namespace

TEST_CASE("an all-reduce has the mean that all know, and the bandwidth of what each rank sends") {
  for (const int ranks : {2, 3, 4, 7})
    run_thread_ranks(ranks, [&](Communicator& world) {
      // Every rank receives what it sends, 2 (n - 1) / n of its numbers, at 1e6 bytes/s: but for slices of columns, which are not all of one size.
      Planted c(world, std::vector<int>(static_cast<std::size_t>(ranks), 0), {1e6});
      const AllReduceSpeed found = measure_all_reduce(c, nullptr, kFloats);
      if (!found.wrong.empty()) fail("{} ranks: wrong numbers", ranks);
      if (!(found.bandwidth > 0.5e6 && found.bandwidth <= 1.001e6)) fail("{} ranks: {} bytes/s", ranks, found.bandwidth);
    });
  CHECK(std::isnan(measure_all_reduce(*make_single_communicator(), nullptr, kFloats).bandwidth));
}

TEST_CASE("wrong numbers of an all-reduce are seen by the ranks that got them") {
  run_thread_ranks(3, [&](Communicator& world) {
    Planted c(world, {0, 1, 2}, {1e6, 1e6, 1e6}, world.rank() == 2 ? 0 : -1);  // what rank 2 hears of rank 0
    const AllReduceSpeed found = measure_all_reduce(c, nullptr, kFloats);
    if (std::find(found.wrong.begin(), found.wrong.end(), 2) == found.wrong.end()) fail("nobody saw it");
  });
}

TEST_CASE("the node whose pairs are slow is to blame; all are where none stands out") {
  run_thread_ranks(8, [&](Communicator& world) {
    const std::vector<int> node_of{0, 0, 1, 1, 2, 2, 3, 3};
    Planted c(world, node_of, {1e9, 1e9, 1e7, 1e9});
    const auto pairs = measure_pairs(c, nullptr, node_of, kFloats);
    if (pairs.size() != 4 || !(pairs[2] < 0.02 * pairs[0])) fail("node 2 is not the slow one");
    if (slowest_nodes(pairs, 0.5) != std::vector{2}) fail("another node is blamed");
  });
  run_thread_ranks(3, [&](Communicator& world) {  // of one node: its ranks by themselves
    Planted c(world, {0, 0, 0}, {1e6});
    const auto pairs = measure_pairs(c, nullptr, {0, 0, 0}, kFloats);
    if (pairs.size() != 1 || std::abs(pairs[0] / 1e6 - 1) > 1e-9) fail("{} numbers, {}", pairs.size(), pairs[0]);
  });
  CHECK(slowest_nodes({5, 5, 4}, 0.5) == std::vector{0, 1, 2});
  CHECK(slowest_nodes({5, 5, 1, kNaN}, 0.5) == std::vector{2});
}

TEST_CASE("a site's file keeps the first all-reduce of each kind of job") {
  const File file;
  CHECK(first_at_site(file.path, "2 nodes", 5e9) == 5e9);
  CHECK(first_at_site(file.path, "2 nodes", 9e9) == 5e9);
  CHECK(first_at_site(file.path, "4 nodes", 7e9) == 7e9);
  CHECK(file.text() == "2 nodes\t5e+09\n4 nodes\t7e+09\n");
}

TEST_CASE("a site's file that is damaged, or cannot be written, is named with the remedy") {
  for (const char* line : {"2 nodes 5e9", "2 nodes\t", "2 nodes\tfast", "2 nodes\t-1", "2 nodes\tnan", "2 nodes\t1 2"}) {
    const File file(std::string(line) + "\n");
    CHECK_THROWS_WITH(first_at_site(file.path, "2 nodes", 1), Catch::Contains(file.path + ":1: '") && Catch::Contains("remove it"));
  }
  CHECK_THROWS_WITH(first_at_site("/nowhere/all-reduce", "2 nodes", 1), Catch::Contains("/nowhere/all-reduce cannot be written: No such file"));
}
