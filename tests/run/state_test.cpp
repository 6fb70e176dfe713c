#include "harness/comm/thread_world.hpp"
#include "harness/core/check.hpp"
#include "harness/run/checkpoint.hpp"
#include "tests/equivalence/pull.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <numeric>

// What an algorithm keeps, in a checkpoint: rows per node, rows per edge, plain numbers.
using namespace xib;
using namespace xib::equivalence;

namespace {

// Of every edge the node that keeps its row, ascending: edges into each of the 8 nodes, 0 to 3 of them.
std::vector<int> holders() {
  std::vector<int> nodes;
  for (int i = 0; i < kNodes; ++i) nodes.insert(nodes.end(), static_cast<std::size_t>(i % 4), i);
  return nodes;
}

// Keeps all three kinds, and does nothing.
class Keeper final : public Algorithm {
 public:
  Keeper(NodeBlock mine, int numbers)
      : mine_(mine),
        nodes_(mine.count, kDim),
        edges_(edges_before(mine.first + mine.count) - edges_before(mine.first), 3),
        numbers_(static_cast<std::size_t>(numbers)) {}
  void step(StepContext&) override {}
  KeptState state() override { return {.rows = {{"nodes", &nodes_}, {"edges", &edges_, holders()}}, .numbers = {{"numbers", numbers_}}}; }

  void fill() {
    for (int k = 0; k < nodes_.count(); ++k) std::ranges::fill(nodes_.row(k), static_cast<float>(mine_.first + k));
    for (int k = 0; k < edges_.count(); ++k) std::ranges::fill(edges_.row(k), static_cast<float>(100 + edges_before(mine_.first) + k));
    std::iota(numbers_.begin(), numbers_.end(), 0.1);
  }
  bool is_filled() const {
    bool same = true;
    for (int k = 0; k < nodes_.count(); ++k) same = same && std::ranges::count(nodes_.row(k), static_cast<float>(mine_.first + k)) == kDim;
    for (int k = 0; k < edges_.count(); ++k) same = same && std::ranges::count(edges_.row(k), static_cast<float>(100 + edges_before(mine_.first) + k)) == 3;
    for (std::size_t k = 0; k < numbers_.size(); ++k) same = same && numbers_[k] == 0.1 + static_cast<double>(k);
    return same;
  }

 private:
  static int edges_before(int node) {
    const auto all = holders();
    return static_cast<int>(std::ranges::lower_bound(all, node) - all.begin());
  }
  NodeBlock mine_;
  NodeMatrix nodes_, edges_;
  std::vector<double> numbers_;
};

// A run whose algorithm keeps so many numbers, with all it needs for a checkpoint.
void with_keeper(int ranks, int numbers, const std::function<void(Run&, Recorder&, Keeper&)>& body) {
  run_thread_ranks(ranks, [&](Communicator& communicator) {
    const NodeLayout layout{kNodes, communicator.size(), communicator.rank()};
    std::vector<PhaseControl> phases;
    phases.push_back({kRing, make_policy("rounds(1)", "policy", {})});
    Run run(config_of("dsgd", 1, {"rounds(1)"}), communicator, {}, std::make_unique<Pull>(layout, 4), std::move(phases));
    auto keeper = std::make_unique<Keeper>(layout.mine(), numbers);
    Keeper& kept = *keeper;
    run.algorithm = std::move(keeper);
    RunRecord record;
    record.run_id = "0123456789abcdef";
    record.nodes = kNodes;
    record.ranks = ranks;
    Recorder recorder(communicator, layout, 0, std::move(record), 0);
    body(run, recorder, kept);
  });
}

}  // namespace

TEST_CASE("rows per node, rows per edge and numbers go through a checkpoint to any number of ranks") {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("xibench-state-{}.checkpoint", getpid())).string();
  for (const int before : {1, 3})
    for (const int after : {1, 2, 8}) {
      INFO(before << " ranks, then " << after);
      with_keeper(before, 5, [&](Run& run, Recorder& recorder, Keeper& keeper) {
        keeper.fill();
        save_checkpoint(path, run.checkpointed(), recorder, 3);
      });
      with_keeper(after, 5, [&](Run& run, Recorder&, Keeper& keeper) {
        if (keeper.is_filled()) throw std::runtime_error("filled before");
        const Resumed resumed = load_checkpoint(path, run.checkpointed(), "0123456789abcdef");
        if (!resumed.found || resumed.steps_done != 3 || !keeper.is_filled()) throw std::runtime_error("not what was saved");
      });
    }
  // A build that keeps something else.
  std::string refusal;
  try {
    with_keeper(1, 4, [&](Run& run, Recorder&, Keeper&) { load_checkpoint(path, run.checkpointed(), "0123456789abcdef"); });
  } catch (const Error& error) {
    refusal = error.what();
  }
  CHECK(refusal.find("section 'algorithm/numbers' does not fit this run (it was written by another build): remove it or use --no-resume") != std::string::npos);
  for (const char* more : {"", ".previous"}) std::filesystem::remove(path + more);
}
