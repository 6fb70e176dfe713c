#include "harness/graph/weights.hpp"

#include <algorithm>
#include <array>

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/graph/exact_sum.hpp"

namespace xib {
namespace {

using Rows = std::vector<std::vector<Weight>>;

constexpr std::array kRules{
    WeightsInfo{"uniform", "1 / (degree + 1) for a node and each of its neighbors; for graphs whose nodes all have one degree"},
    WeightsInfo{"metropolis", "Metropolis-Hastings: 1 / (1 + the larger degree of the two); for every undirected graph"},
    WeightsInfo{"max-degree", "1 / (1 + the largest degree of the graph) on every edge"},
    WeightsInfo{"lazy", "(I + W) / 2 with W of uniform: no negative eigenvalue"},
    WeightsInfo{"lazy-metropolis", "(I + W) / 2 with W of metropolis"},
    WeightsInfo{"lazy-max-degree", "(I + W) / 2 with W of max-degree"},
    WeightsInfo{"push-sum", "1 / (1 + number of receivers) of the sender: columns sum to 1; for every graph, with push-sum algorithms"},
};

std::size_t index(int node) { return static_cast<std::size_t>(node); }

// value(i, j) for each edge, j sending to i.
template <class Value>
Rows edge_weights(const Topology& topology, Value value) {
  Rows rows(index(topology.size()));
  for (int i = 0; i < topology.size(); ++i)
    for (const int j : topology.neighbors(i)) rows[index(i)].push_back({j, value(i, j)});
  return rows;
}

int degree(const Topology& t, int node) { return static_cast<int>(t.neighbors(node).size()); }

MixingMatrix averaging(const Topology& t, std::string_view rule, std::string_view graph) {
  const bool metropolis = rule == "metropolis";
  require(!metropolis || !t.directed(), "metropolis weights need an undirected graph, and {} is directed: use weights = \"push-sum\"", graph);
  const int largest = t.max_degree();
  auto w = with_diagonal(edge_weights(t, [&](int i, int j) {
    return 1.0 / (1 + (metropolis ? std::max(degree(t, i), degree(t, j)) : rule == "uniform" ? degree(t, i) : largest));
  }));
  require(w.doubly_stochastic(), "{} weights on {} with {} nodes have columns that do not sum to 1 (the mean would drift): use weights = \"{}\"", rule, graph,
          t.size(), t.directed() ? "push-sum" : "metropolis");
  return w;
}

MixingMatrix push_sum(const Topology& t) {
  const auto out = receivers(t);
  Rows rows = edge_weights(t, [&](int, int j) { return 1.0 / static_cast<double>(out[index(j)].size() + 1); });
  for (int j = 0; j < t.size(); ++j) {
    ExactSum column;
    for (std::size_t k = 0; k < out[index(j)].size(); ++k) column.add(1.0 / static_cast<double>(out[index(j)].size() + 1));
    rows[index(j)].push_back({j, column.complement()});
  }
  return MixingMatrix(std::move(rows), MixingMatrix::Stochastic::columns);
}

}  // namespace

std::span<const WeightsInfo> weight_rules() { return kRules; }

void check_rule(std::string_view rule) { row_of(weight_rules(), rule, "weights"); }

MixingMatrix weigh(const Topology& topology, std::string_view rule, std::string_view graph) {
  check_rule(rule);
  if (rule == "push-sum") return push_sum(topology);
  if (rule == "lazy") return lazy(averaging(topology, "uniform", graph));
  if (rule.starts_with("lazy-")) return lazy(averaging(topology, rule.substr(5), graph));
  return averaging(topology, rule, graph);
}

MixingMatrix with_diagonal(Rows off_diagonal) {
  for (int i = 0; i < static_cast<int>(off_diagonal.size()); ++i) {
    ExactSum sum;
    for (const auto& [j, value] : off_diagonal[index(i)]) sum.add(value);
    off_diagonal[index(i)].push_back({i, sum.complement()});
  }
  return MixingMatrix(std::move(off_diagonal));
}

MixingMatrix lazy(const MixingMatrix& w) {
  Rows rows(index(w.size()));
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, value] : w.row(i))
      if (j != i) rows[index(i)].push_back({j, value / 2});
  return with_diagonal(std::move(rows));
}

MixingMatrix own_weights(MixingMatrix w, std::string_view rule, std::string_view graph) {
  check_rule(rule);
  require(rule == "uniform" || rule == "lazy", "{} has its own weights, and '{}' would replace them: use weights = \"uniform\" or \"lazy\"", graph, rule);
  if (rule == "lazy") return lazy(w);
  return w;
}

}  // namespace xib
