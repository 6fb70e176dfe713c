#include "harness/mix/neighbor_exchange.hpp"

#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <mutex>
#include <set>

using namespace xib;
using namespace xib::test;

namespace {

constexpr int kNodes = 9;
constexpr std::size_t kDim = 21;

// Directed, of all degrees, node 4 alone.
const std::vector<Edge> kEdges = {{0, 1}, {8, 0}, {0, 8}, {2, 7}, {3, 7}, {7, 3}, {6, 5}, {0, 5}, {1, 0}, {5, 6}};

// What goes along an edge.
float message(const Edge& edge, std::size_t column) { return static_cast<float>(1000 * edge.from + 100 * edge.to) + static_cast<float>(column); }

}  // namespace

TEST_CASE("every node has the rows of those that have an edge to it, on any number of ranks, and each crosses between two ranks once") {
  const Rows rows = random_rows(kNodes, kDim, 1);
  for (const int ranks : {1, 2, 3, 5, 9}) {
    std::mutex mutex;
    int seen = 0;
    std::int64_t sent = 0;
    std::set<std::pair<int, int>> crossings;  // node, rank
    const NodeLayout any{kNodes, ranks, 0};
    for (const auto& [from, to] : kEdges)
      if (any.owner(from) != any.owner(to)) crossings.insert({from, any.owner(to)});
    spread(rows, {ranks, 1}, [&](Communicator& communicator, ThreadPool&, NodeLayout layout, NodeMatrix& x) {
      const NeighborPlan plan(layout, kEdges);
      NeighborExchange exchange(communicator, layout, kDim);
      const auto before = communicator.traffic().bytes;
      const NodeMatrix& halo = exchange.rows(plan, x);
      const std::lock_guard lock(mutex);
      sent += communicator.traffic().bytes - before;
      for (const Edge& edge : kEdges) {
        if (layout.owner(edge.to) != layout.rank) continue;
        const int source = plan.source(edge.from);
        const auto row = source < x.count() ? std::as_const(x).row(source) : halo.row(source - x.count());
        seen += std::ranges::equal(row, rows[static_cast<std::size_t>(edge.from)]);
      }
    });
    CHECK(seen == static_cast<int>(kEdges.size()));
    CHECK(sent == static_cast<std::int64_t>(crossings.size() * kDim * sizeof(float)));
  }
}

TEST_CASE("every edge carries a message of its own, on any number of ranks") {
  for (const int ranks : {1, 2, 3, 5, 9}) {
    std::mutex mutex;
    int seen = 0;
    run_thread_ranks(ranks, [&](Communicator& communicator) {
      const NodeLayout layout{kNodes, ranks, communicator.rank()};
      std::vector<Edge> outgoing, incoming;
      for (const Edge& edge : kEdges) {
        if (layout.owner(edge.from) == layout.rank) outgoing.push_back(edge);
        if (layout.owner(edge.to) == layout.rank) incoming.push_back(edge);
      }
      NodeMatrix outbox(static_cast<int>(outgoing.size()), kDim), inbox(static_cast<int>(incoming.size()), kDim);
      for (std::size_t e = 0; e < outgoing.size(); ++e)
        for (std::size_t c = 0; c < kDim; ++c) outbox.row(static_cast<int>(e))[c] = message(outgoing[e], c);
      NeighborExchange exchange(communicator, layout, kDim);

      for (int again = 0; again < 2; ++again) exchange.messages(kEdges, outbox, inbox);

      const std::lock_guard lock(mutex);
      for (std::size_t e = 0; e < incoming.size(); ++e) {
        bool same = true;
        for (std::size_t c = 0; c < kDim; ++c) same = same && inbox.row(static_cast<int>(e))[c] == message(incoming[e], c);
        seen += same;
      }
    });
    CHECK(seen == static_cast<int>(kEdges.size()));
  }
}
