#pragma once

#include "harness/comm/thread_world.hpp"
#include "harness/core/random.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"

#include <functional>
#include <vector>

// Node matrices spread over worlds of thread ranks, for the tests of mix and control.
namespace xib::test {

using Rows = std::vector<std::vector<float>>;  // of all nodes

struct Spread {
  int ranks = 1, threads = 1;
};
inline constexpr Spread kSpreads[] = {{1, 1}, {1, 2}, {2, 1}, {3, 2}, {4, 1}, {7, 1}};

inline void copy_in(const Rows& rows, const NodeLayout& layout, NodeMatrix& x) {
  for (int k = 0; k < x.count(); ++k) {
    const auto& row = rows[static_cast<std::size_t>(layout.mine().first + k)];
    std::copy(row.begin(), row.end(), x.row(k).begin());
  }
}

// Runs body on every rank with its share of `rows`, and returns what the rows have become.
inline Rows spread(const Rows& rows, Spread how, const std::function<void(Communicator&, ThreadPool&, NodeLayout, NodeMatrix&)>& body) {
  Rows out = rows;
  run_thread_ranks(how.ranks, [&](Communicator& communicator) {
    ThreadPool pool(how.threads);
    const NodeLayout layout{static_cast<int>(rows.size()), how.ranks, communicator.rank()};
    NodeMatrix x(layout.mine().count, rows.front().size());
    copy_in(rows, layout, x);
    body(communicator, pool, layout, x);
    for (int k = 0; k < x.count(); ++k) std::copy(x.row(k).begin(), x.row(k).end(), out[static_cast<std::size_t>(layout.mine().first + k)].begin());
  });
  return out;
}

// Ξ² of the rows by its definition, in double: (1/n) Σ ‖x̄ − x_i‖².
inline double squared_distance(const Rows& rows) {
  double sum = 0;
  for (std::size_t c = 0; c < rows[0].size(); ++c) {
    double mean = 0;
    for (const auto& row : rows) mean += row[c];
    mean /= static_cast<double>(rows.size());
    for (const auto& row : rows) sum += (row[c] - mean) * (row[c] - mean);
  }
  return sum / static_cast<double>(rows.size());
}

inline Rows random_rows(int nodes, std::size_t dim, std::uint64_t seed, double scale = 1, double offset = 0) {
  Rows rows;
  for (int i = 0; i < nodes; ++i) {
    RandomStream stream(seed, Purpose::problem, static_cast<std::uint32_t>(i));
    auto& row = rows.emplace_back(dim);
    for (auto& value : row) value = static_cast<float>(offset + scale * stream.normal());
  }
  return rows;
}

// Small integers: sums and products with weights 1/2, 1/4 stay exact in float for a few rounds.
inline Rows integer_rows(int nodes, std::size_t dim, std::uint64_t seed) {
  Rows rows;
  for (int i = 0; i < nodes; ++i) {
    RandomStream stream(seed, Purpose::problem, static_cast<std::uint32_t>(i));
    auto& row = rows.emplace_back(dim);
    for (auto& value : row) value = static_cast<float>(static_cast<int>(stream.below(65)) - 32);
  }
  return rows;
}

// i receives `weight` from i + o for each offset, the rest from itself: doubly stochastic, directed unless offsets come in pairs.
inline MixingMatrix circulant(int nodes, const std::vector<int>& offsets, double weight) {
  std::vector<std::vector<Weight>> rows(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    std::vector<double> dense(static_cast<std::size_t>(nodes), 0.0);
    dense[static_cast<std::size_t>(i)] = 1 - weight * static_cast<double>(offsets.size());
    for (const int o : offsets) dense[static_cast<std::size_t>(((i + o) % nodes + nodes) % nodes)] += weight;
    for (int j = 0; j < nodes; ++j)
      if (dense[static_cast<std::size_t>(j)] != 0 || i == j) rows[static_cast<std::size_t>(i)].push_back({j, dense[static_cast<std::size_t>(j)]});
  }
  return MixingMatrix(std::move(rows));
}

// A convex combination of the identity and three random permutations: doubly stochastic and directed.
inline MixingMatrix random_directed(int nodes, std::uint64_t seed, std::int64_t round = 0) {
  RandomStream stream(seed, Purpose::mixing, 0, 0, static_cast<std::uint32_t>(round));
  const auto n = static_cast<std::size_t>(nodes);
  std::vector<std::vector<double>> dense(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) dense[i][i] = 0.25;
  for (int p = 0; p < 3; ++p) {
    std::vector<std::size_t> to(n);
    for (std::size_t i = 0; i < n; ++i) to[i] = i;
    stream.shuffle(std::span(to));
    for (std::size_t i = 0; i < n; ++i) dense[i][to[i]] += 0.25;
  }
  std::vector<std::vector<Weight>> rows(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (dense[i][j] != 0) rows[i].push_back({static_cast<int>(j), dense[i][j]});
  return MixingMatrix(std::move(rows));
}

inline MixingSchedule fixed(MixingMatrix w) {
  std::vector<MixingMatrix> period;
  period.push_back(std::move(w));
  return MixingSchedule(std::move(period));
}

// Two matrices in turn; random in every round.
inline MixingSchedule alternating(int nodes) {
  std::vector<MixingMatrix> period;
  period.push_back(circulant(nodes, {1}, 0.5));
  period.push_back(circulant(nodes, {2, -1}, 0.25));
  return MixingSchedule(std::move(period));
}
inline MixingSchedule random_schedule(int nodes, std::uint64_t seed) {
  return MixingSchedule(nodes, [=](std::int64_t round) { return random_directed(nodes, seed, round); });
}

}  // namespace xib::test
