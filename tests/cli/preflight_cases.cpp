#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>

#include "harness/cli/preflight_checks.hpp"
#include "harness/core/check.hpp"
#include "tests/contract/forwarding.hpp"
#include "tests/contract/world.hpp"

using namespace xib;

namespace {

// What is planted: nothing here takes time or depends on the machine.
struct Plant {
  int ranks_per_node = 1;
  std::vector<double> seconds;  // by node: of a message from or to it; the slower of its two ends counts
  std::vector<double> memory;   // by node: bytes/s
  int garbles = -1;             // rank whose numbers arrive changed at all others
  int mishears = -1;            // rank that receives all others' numbers changed
  int garbles_messages = -1;    // rank whose messages between nodes arrive changed
  int broken_device = -1;
  std::vector<std::vector<int>> processors;  // by rank; empty: two of its own
  int threads = 1, online = 64;
};

// Ranks of a perfect machine but for what is planted: its clock moves only by messages.
class PlantedCommunicator final : public test::ForwardingCommunicator {
 public:
  PlantedCommunicator(Communicator& inner, const Plant& plant) : ForwardingCommunicator(inner), plant_(plant) {}
  double now() const override { return clock_; }
  [[noreturn]] void abort(int) override { throw std::runtime_error("aborted"); }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    inner_.exchange(sends, receives);
    for (const auto& r : receives) {
      clock_ += std::max(seconds_of(rank()), seconds_of(r.from));
      if (r.from == plant_.garbles_messages && r.from != rank()) r.data.back() += 1;
    }
  }
  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override {
    inner_.all_gather(mine, counts, all);
    if (counts.front() < 1000) return;  // only the known numbers are changed, not what ranks say of them
    for (int r = 0; r < size(); ++r)
      if (r != rank() && (r == plant_.garbles || rank() == plant_.mishears)) all[static_cast<std::size_t>(r) * static_cast<std::size_t>(counts.front())] += 1;
  }

 private:
  double seconds_of(int rank) const {
    const auto node = static_cast<std::size_t>(rank / plant_.ranks_per_node);
    return node < plant_.seconds.size() ? plant_.seconds[node] : 1;
  }
  const Plant& plant_;
  double clock_ = 0;
};

Preflight checked(Communicator& world, const Plant& plant) {
  PlantedCommunicator communicator(world, plant);
  const auto rank = static_cast<std::size_t>(world.rank()), node = rank / static_cast<std::size_t>(plant.ranks_per_node);
  const Probe probe{.place =
                        [&] {
                          const int first = 2 * static_cast<int>(rank);
                          return RankPlace{.node = fmt::format("n{}", node),
                                           .processors = rank < plant.processors.size() ? plant.processors[rank] : std::vector{first, first + 1},
                                           .online = plant.online,
                                           .threads = plant.threads};
                        },
                    .memory_bandwidth = [&] { return node < plant.memory.size() ? plant.memory[node] : 1e10; },
                    .device_problem = [&] { return static_cast<int>(rank) == plant.broken_device ? std::string("its GPU does not answer") : std::string(); }};
  return check_before_flight(communicator, probe, {.floor = 0.5, .seconds = 1e9, .floats = 256});
}

// Bodies check what is rank 0's after all ranks have communicated.
void on_worlds(int at_least, const std::function<void(Communicator&)>& body) {
  on_every_rank([&](Communicator& world) {
    if (world.size() >= at_least) body(world);
  });
}

void expect_failing(Communicator& world, const Preflight& found, const std::vector<std::string>& nodes, const std::string& text = "") {
  if (world.rank() != 0) return;
  std::vector<std::string> failing;
  for (const auto& node : found.nodes) {
    if (!node.problems.empty()) failing.push_back(node.node);
    for (const auto& problem : node.problems)
      if (problem.find(text) == std::string::npos) throw std::runtime_error("says of " + node.node + ": " + problem);
  }
  if (failing != nodes) throw std::runtime_error(fmt::format("{} ranks: expected {} to fail, found {}", world.size(), nodes, failing));
}

}  // namespace

TEST_CASE("ranks that are well placed on sound nodes pass, and all nodes are measured") {
  on_worlds(1, [](Communicator& world) {
    const Preflight found = checked(world, {});
    expect_failing(world, found, {});
    if (world.rank() != 0) return;
    if (!found.launch_problems.empty() || !found.remarks.empty()) throw std::runtime_error("finds what is not there");
    for (const auto& node : found.nodes) {
      if (node.memory_bandwidth != 1e10) throw std::runtime_error("memory not measured");
      if (world.size() > 1 && node.network_bandwidth != 1024) throw std::runtime_error("256 floats in a planted second are 1024 B/s");
      if (world.size() == 1 && !std::isnan(node.network_bandwidth)) throw std::runtime_error("a network of one node");
    }
  });
}

TEST_CASE("the one slow node is named, whatever its number, and no partner of it") {
  on_worlds(3, [](Communicator& world) {
    for (int slow = 0; slow < world.size(); ++slow) {
      Plant plant;
      plant.seconds.assign(static_cast<std::size_t>(world.size()), 1);
      plant.seconds[static_cast<std::size_t>(slow)] = 3;
      expect_failing(world, checked(world, plant), {fmt::format("n{}", slow)}, "network bandwidth");
      plant.seconds[static_cast<std::size_t>(slow)] = 1.5;  // above the floor of a half
      plant.memory.assign(static_cast<std::size_t>(world.size()), 1e10);
      expect_failing(world, checked(world, plant), {});
      plant.memory[static_cast<std::size_t>(slow)] = 4e9;
      expect_failing(world, checked(world, plant), {fmt::format("n{}", slow)}, "memory bandwidth per rank of 4 GB/s, 0.4 of the nodes' median of 10 GB/s");
    }
  });
}

TEST_CASE("of two nodes none is called the slow one") {
  on_worlds(2, [](Communicator& world) {
    if (world.size() > 2) return;
    Plant plant;
    plant.seconds = {1, 9};
    plant.memory = {1e10, 1e9};
    expect_failing(world, checked(world, plant), {});
  });
}

TEST_CASE("a rank whose numbers are wrong fails its node, and so does one that receives all others' wrong") {
  on_worlds(3, [](Communicator& world) {
    for (int rank = 0; rank < world.size(); ++rank) {
      const std::vector<std::string> its = {fmt::format("n{}", rank)};
      Plant garbles, mishears, messages;
      garbles.garbles = mishears.mishears = messages.garbles_messages = rank;
      expect_failing(world, checked(world, garbles), its, "are wrong");
      expect_failing(world, checked(world, mishears), its, "are wrong");
      expect_failing(world, checked(world, messages), its, "are wrong");
    }
  });
}

TEST_CASE("a device that does not answer fails its node") {
  on_worlds(1, [](Communicator& world) {
    Plant plant;
    plant.broken_device = world.size() - 1;
    expect_failing(world, checked(world, plant), {fmt::format("n{}", world.size() - 1)}, fmt::format("rank {}: its GPU does not answer", world.size() - 1));
  });
}

TEST_CASE("ranks that share too few processors fail their node, or the launch where it is so on all nodes") {
  on_worlds(4, [](Communicator& world) {
    Plant plant;
    plant.ranks_per_node = 2;
    plant.threads = 2;
    expect_failing(world, checked(world, plant), {});
    plant.processors = {{0, 1}, {1, 2}};  // three processors for four threads
    expect_failing(world, checked(world, plant), {"n0"}, "ranks 0, 1: 4 threads on processors 0, 1, 2");

    plant.processors.assign(static_cast<std::size_t>(world.size()), {0, 1});
    if (world.size() % 2 == 1) plant.processors.back() = {0};  // alone on its node
    Preflight found = checked(world, plant);
    expect_failing(world, found, {});
    if (world.rank() == 0 && found.launch_problems.size() != found.nodes.size()) throw std::runtime_error("ranks that are bound to each other's processors");
    plant.online = 2;  // not bound: the nodes have no more
    if (world.size() % 2 == 1) return;
    found = checked(world, plant);
    expect_failing(world, found, {});
    if (world.rank() == 0 && (!found.launch_problems.empty() || found.remarks.size() != found.nodes.size()))
      throw std::runtime_error("small nodes are a remark");
  });
}
