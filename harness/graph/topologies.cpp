#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/graph/base_graph.hpp"
#include "harness/graph/graph_files.hpp"
#include "harness/graph/random_graphs.hpp"
#include "harness/graph/social_graphs.hpp"
#include "harness/graph/static_graphs.hpp"
#include "harness/graph/time_varying.hpp"
#include "harness/graph/topology_files.hpp"
#include "harness/graph/uses_seed.hpp"
#include "harness/graph/weights.hpp"

namespace xib {
namespace {

constexpr std::string_view kWhere = "topology";

// Arguments of a maker of the table.
struct Call {
  const Term& term;
  int nodes;
  std::string_view weights;
  std::uint64_t seed;
  std::string name = term.text();
};

MixingSchedule fixed(const Topology& graph, const Call& call) {
  require(graph.connected(), "{} with {} nodes is not connected (consensus cannot be reached): add edges that join its parts", call.name, call.nodes);
  return MixingSchedule({weigh(graph, call.weights, call.name)});
}

int small(const Call& call, std::string_view key, std::int64_t value) {
  require(0 <= value && value <= 1'000'000'000, "{}: {} is {}, which is not a number of nodes", call.name, key, value);
  return static_cast<int>(value);
}

// A graph without arguments.
template <Topology (*graph)(int)>
MixingSchedule plain(const Call& call, Arguments&) {
  return fixed(graph(call.nodes), call);
}

template <Topology (*graph)(), int size>
MixingSchedule social(const Call& call, Arguments&) {
  require(call.nodes == size, "{} has {} nodes, not {}: use nodes = {}", call.name, size, call.nodes, size);
  return fixed(graph(), call);
}

// A time-varying graph without arguments.
template <MixingSchedule (*schedule)(int, std::string_view, std::string_view)>
MixingSchedule varying(const Call& call, Arguments&) {
  return schedule(call.nodes, call.weights, call.name);
}

template <MixingSchedule (*schedule)(int, std::string_view, std::uint64_t, std::string_view)>
MixingSchedule random(const Call& call, Arguments&) {
  return schedule(call.nodes, call.weights, call.seed, call.name);
}

template <Topology (*graph)(int, int)>
MixingSchedule rectangle(const Call& call, Arguments& a) {
  const auto [short_side, long_side] = graphs::most_square(call.nodes);
  const auto rows = a.integer("rows", short_side);
  const auto columns = a.integer("columns", rows > 0 ? call.nodes / rows : long_side);
  require(rows > 0 && columns > 0 && rows <= call.nodes && columns <= call.nodes && rows * columns == call.nodes,
          "{} does not have {} nodes: use {}({}, {}) or leave the sizes out", call.name, call.nodes, call.term.name, short_side, long_side);
  return fixed(graph(static_cast<int>(rows), static_cast<int>(columns)), call);
}

MixingSchedule exponential(const Call& call, Arguments& a) {
  const std::string sides = a.text("sides", "one-sided");
  require(sides == "one-sided" || sides == "two-sided", "{}: exponential is one-sided or two-sided, not '{}'", call.name, sides);
  const auto offsets = graphs::powers_of_two_below(call.nodes);
  return fixed(sides == "two-sided" ? graphs::circulant(call.nodes, offsets) : graphs::directed_circulant(call.nodes, offsets), call);
}

template <Topology (*graph)(int, std::span<const std::int64_t>)>
MixingSchedule circulant(const Call& call, Arguments& a) {
  std::vector<std::int64_t> offsets;
  for (const double o : a.rest()) {
    require(o == static_cast<double>(static_cast<std::int64_t>(o)), "{}: the offset {} is not a whole number", call.name, o);
    offsets.push_back(static_cast<std::int64_t>(o));
  }
  require(!offsets.empty(), "{} needs offsets: write {}(1, 3)", call.name, call.term.name);
  return fixed(graph(call.nodes, offsets), call);
}

Topology directed_ring(int nodes) { return nodes == 1 ? graphs::ring(1) : graphs::directed_circulant(nodes, std::array<std::int64_t, 1>{1}); }
Topology binary_tree(int nodes) { return graphs::tree(nodes, 2); }

MixingSchedule tree(const Call& call, Arguments& a) { return fixed(graphs::tree(call.nodes, small(call, "branching", a.integer("branching", 3))), call); }

MixingSchedule barbell(const Call& call, Arguments& a) {
  return fixed(graphs::barbell(call.nodes, small(call, "bridge", a.integer("bridge", call.nodes % 2))), call);
}

// A graph drawn from the seed until it is connected.
template <class Draw>
MixingSchedule connected(const Call& call, std::string_view remedy, Draw draw) {
  return fixed(graphs::draw_connected(call.seed, draw, fmt::format("{} with {} nodes", call.name, call.nodes), remedy), call);
}

MixingSchedule random_regular(const Call& call, Arguments& a) {
  const int degree = small(call, "degree", a.integer("degree", 3));
  return connected(call, "use a degree of at least 3", [&](RandomStream& s) { return graphs::random_regular(call.nodes, degree, s); });
}

MixingSchedule erdos_renyi(const Call& call, Arguments& a) {
  const double probability = a.number("probability", graphs::connecting_probability(call.nodes));
  return connected(call, fmt::format("use a probability above ln(n) / n, such as {:.3f}", graphs::connecting_probability(call.nodes)),
                   [&](RandomStream& s) { return graphs::erdos_renyi(call.nodes, probability, s); });
}

MixingSchedule watts_strogatz(const Call& call, Arguments& a) {
  const int neighbors = small(call, "neighbors", a.integer("neighbors", 4));
  const double rewiring = a.number("rewiring", 0.1);
  return connected(call, "use more neighbors", [&](RandomStream& s) { return graphs::watts_strogatz(call.nodes, neighbors, rewiring, s); });
}

MixingSchedule barabasi_albert(const Call& call, Arguments& a) {
  const int attached = small(call, "attached", a.integer("attached", 2));
  return connected(call, "use attached = 1", [&](RandomStream& s) { return graphs::barabasi_albert(call.nodes, attached, s); });
}

MixingSchedule random_directed(const Call& call, Arguments& a) {
  // ln(n) + 1: a node that nobody sends to has a probability of exp(-receivers), and one of them disconnects the graph
  const int enough = std::min(call.nodes - 1, static_cast<int>(std::ceil(std::log(call.nodes))) + 1);
  const int receivers = small(call, "receivers", a.integer("receivers", enough));
  return connected(call, fmt::format("use more receivers, such as {}", enough),
                   [&](RandomStream& s) { return graphs::random_directed(call.nodes, receivers, s); });
}

MixingSchedule edges(const Call& call, Arguments& a) {
  const std::string file = a.text("file"), direction = a.text("direction", "undirected");
  require(direction == "directed" || direction == "undirected", "{}: edges are directed or undirected, not '{}'", call.name, direction);
  return fixed(graphs::read_edges(file, call.nodes, direction == "directed"), call);
}

MixingSchedule matrix(const Call& call, Arguments& a) {
  const bool push_sum = call.weights == "push-sum";
  using enum MixingMatrix::Stochastic;
  MixingMatrix w = graphs::read_matrix(a.text("file"), call.nodes, push_sum ? columns : rows);
  require(graph_of(w).connected(), "{} with {} nodes is not connected (consensus cannot be reached): give every node a path to every other", call.name,
          call.nodes);
  return MixingSchedule({push_sum ? w : own_weights(w, call.weights, call.name)});
}

MixingSchedule one_peer_exponential(const Call& call, Arguments& a) {
  return graphs::one_peer_exponential(call.nodes, a.text("order", "cyclic"), call.weights, call.seed, call.name);
}

MixingSchedule base(const Call& call, Arguments& a) {
  std::vector<MixingMatrix> period;
  for (auto& w : graphs::base_graph(call.nodes, small(call, "base", a.integer("base", 2)))) period.push_back(own_weights(w, call.weights, call.name));
  return MixingSchedule(std::move(period));
}

MixingSchedule equi_static(const Call& call, Arguments& a) {
  return graphs::equi_static(call.nodes, small(call, "degree", a.integer("degree", 3)), call.weights, call.seed, call.name);
}

MixingSchedule dynamic_regular(const Call& call, Arguments& a) {
  return graphs::dynamic_regular(call.nodes, small(call, "degree", a.integer("degree", 3)), call.weights, call.seed, call.name);
}

MixingSchedule dynamic_erdos_renyi(const Call& call, Arguments& a) {
  return graphs::dynamic_erdos_renyi(call.nodes, a.number("probability", graphs::connecting_probability(call.nodes)), call.weights, call.seed, call.name);
}

// alternate(ring, 9, complete, 1): nine rounds of the first, one of the second, again and again. "torus 4 8" is torus(4, 8).
MixingSchedule alternate(const Call& call, Arguments& a) {
  std::vector<MixingMatrix> period;
  require(!call.term.arguments.empty() && call.term.arguments.size() % 2 == 0,
          "{} needs graphs and their numbers of rounds: write alternate(ring, 9, complete, 1)", call.name);
  for (std::size_t k = 0; k < call.term.arguments.size(); k += 2) {
    const std::string graph = spelled_out(a.text("graph"));
    const std::int64_t rounds = a.integer("rounds");
    const auto schedule = make_mixing(graph, call.weights, call.nodes, call.seed);
    require(schedule.period() > 0, "{}: {} draws each round at random and has no period: use graphs that repeat", call.name, graph);
    require(1 <= rounds && rounds + static_cast<std::int64_t>(period.size()) <= 10'000, "{}: {} rounds of {}: use from 1 to 10000 in all", call.name, rounds,
            graph);
    for (std::int64_t t = 0; t < rounds; ++t) period.push_back(schedule.at(t));
  }
  return MixingSchedule(std::move(period));
}

template <MixingSchedule (*maker)(const Call&, Arguments&)>
MixingSchedule make(const Term& term, int nodes, std::string_view weights, std::uint64_t seed) {
  Arguments arguments(term, kWhere);
  MixingSchedule schedule = maker({term, nodes, weights, seed}, arguments);
  arguments.done();
  return schedule;
}

constexpr std::array kTopologies{
    TopologyInfo{"complete", "", "every node with every other: exact averaging in one round", make<plain<graphs::complete>>},
    TopologyInfo{"ring", "", "i with i - 1 and i + 1", make<plain<graphs::ring>>},
    TopologyInfo{"path", "", "a ring that is cut open", make<plain<graphs::path>>},
    TopologyInfo{"star", "", "node 0 with every other", make<plain<graphs::star>>},
    TopologyInfo{"grid", "rows, columns", "a rectangle; without sizes the most square one", make<rectangle<graphs::grid>>},
    TopologyInfo{"torus", "rows, columns", "a rectangle that wraps around; without sizes the most square one", make<rectangle<graphs::torus>>},
    TopologyInfo{"hypercube", "", "numbers that differ in one bit; for powers of two", make<plain<graphs::hypercube>>},
    TopologyInfo{"exponential", "sides", "i sends to i + 1, i + 2, i + 4, ...; exponential(two-sided): and back", make<exponential>},
    TopologyInfo{"circulant", "offsets...", "i with i - o and i + o for each offset o", make<circulant<graphs::circulant>>, "circulant(1, 3)"},
    TopologyInfo{"directed-ring", "", "i sends to i + 1", make<plain<directed_ring>>},
    TopologyInfo{"directed-circulant", "offsets...", "i sends to i + o for each offset o", make<circulant<graphs::directed_circulant>>,
                 "directed-circulant(1, 3)"},
    TopologyInfo{"binary-tree", "", "the parent of i is (i - 1) / 2", make<plain<binary_tree>>},
    TopologyInfo{"tree", "branching", "the parent of i is (i - 1) / branching (3)", make<tree>},
    TopologyInfo{"barbell", "bridge", "two cliques joined by a path of `bridge` nodes (0, or 1 where the nodes are odd)", make<barbell>},
    TopologyInfo{"random-regular", "degree", "a random connected graph whose nodes all have one degree (3)", make<random_regular>},
    TopologyInfo{"erdos-renyi", "probability", "each edge with a probability (2 ln(n) / n), drawn until connected", make<erdos_renyi>},
    TopologyInfo{"watts-strogatz", "neighbors, rewiring", "small world: a ring of 4 neighbors, each edge rewired with a probability (0.1)",
                 make<watts_strogatz>},
    TopologyInfo{"barabasi-albert", "attached", "scale-free: each node joins 2 others, with a preference for popular ones", make<barabasi_albert>},
    TopologyInfo{"random-directed", "receivers", "each node sends to ln(n) + 1 random others; for push-sum", make<random_directed>},
    TopologyInfo{"karate-club", "", "34 members of a club (Zachary 1977)", make<social<graphs::karate_club, graphs::kKarateClub>>},
    TopologyInfo{"davis-southern-women", "", "18 women and 14 events (Davis et al. 1941)",
                 make<social<graphs::davis_southern_women, graphs::kDavisSouthernWomen>>},
    TopologyInfo{"florentine-families", "", "15 families of Florence (Breiger and Pattison 1986)",
                 make<social<graphs::florentine_families, graphs::kFlorentineFamilies>>},
    TopologyInfo{"equi-static", "degree", "EquiTopo: the mean of 3 random shifts, own weights", make<equi_static>},
    TopologyInfo{"edges", "file, direction", "the edges of a file, one per line", make<edges>, "-"},
    TopologyInfo{"matrix", "file", "W itself from a CSV file", make<matrix>, "-"},
    TopologyInfo{"one-peer-exponential", "order", "in round t i sends to i + 2^t; order: cyclic, permutation or random", make<one_peer_exponential>},
    TopologyInfo{"bipartite-exponential", "", "even nodes pair with odd ones at distance 1, 3, 5, 9, ... in turn",
                 make<varying<graphs::bipartite_exponential>>},
    TopologyInfo{"one-peer-ring", "", "the two halves of a ring's edges in turn", make<varying<graphs::one_peer_ring>>},
    TopologyInfo{"one-peer-hypercube", "", "one dimension of the hypercube per round", make<varying<graphs::one_peer_hypercube>>},
    TopologyInfo{"base", "base", "Base-(k+1) graph: exact in finitely many rounds for any n, base - 1 neighbors (1), own weights", make<base>},
    TopologyInfo{"random-matching", "", "new random pairs in each round", make<random<graphs::random_matching>>},
    TopologyInfo{"random-edge", "", "one random pair each round (Boyd et al. 2006)", make<random<graphs::random_edge>>},
    TopologyInfo{"random-permutation", "", "each round i receives from one node, by a random permutation", make<random<graphs::random_permutation>>},
    TopologyInfo{"equi-dynamic", "", "EquiTopo: a new random shift in each round, own weights", make<random<graphs::equi_dynamic>>},
    TopologyInfo{"dynamic-regular", "degree", "a new random regular graph in each round (3)", make<dynamic_regular>},
    TopologyInfo{"dynamic-erdos-renyi", "probability", "a new G(n, p) in each round (2 ln(n) / n)", make<dynamic_erdos_renyi>},
    TopologyInfo{"alternate", "graph, rounds, ...", "graphs in turn, each for some rounds; \"torus 4 8\" is torus(4, 8)", make<alternate>,
                 "alternate(ring, 9, complete, 1)"},
};

// Graphs whose makers do not look at the seed. One that is not named here is made again for every seed of a plan.
constexpr std::array<std::string_view, 21> kWithoutSeed{"complete",
                                                        "ring",
                                                        "path",
                                                        "star",
                                                        "grid",
                                                        "torus",
                                                        "hypercube",
                                                        "exponential",
                                                        "circulant",
                                                        "directed-ring",
                                                        "directed-circulant",
                                                        "binary-tree",
                                                        "tree",
                                                        "barbell",
                                                        "karate-club",
                                                        "davis-southern-women",
                                                        "florentine-families",
                                                        "edges",
                                                        "matrix",
                                                        "base",
                                                        "one-peer-ring"};

}  // namespace

std::span<const TopologyInfo> topologies() { return kTopologies; }

bool uses_seed(std::string_view topology) {
  const Term term = Term::parse(topology, kWhere);
  if (term.name != "alternate") return std::find(kWithoutSeed.begin(), kWithoutSeed.end(), term.name) == kWithoutSeed.end();
  for (std::size_t k = 0; k < term.arguments.size(); k += 2)
    if (uses_seed(spelled_out(term.arguments[k].text))) return true;
  return false;
}

MixingSchedule make_mixing(std::string_view topology, std::string_view weights, int nodes, std::uint64_t seed) {
  const Term term = Term::parse(topology, kWhere);
  check_rule(weights);
  require(nodes >= 1, "{} of {} nodes: a topology needs at least one", topology, nodes);
  return row_of(topologies(), term.name, "topology").make(term, nodes, weights, seed);
}

}  // namespace xib
