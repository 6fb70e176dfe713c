#include "harness/core/check.hpp"
#include "harness/graph/mixing_matrix.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace xib;

TEST_CASE("what cannot be is refused with its reason and a remedy") {
  struct Refusal {
    const char *graph, *weights;
    int nodes;
    std::vector<std::string> says;
  };
  const std::vector<Refusal> refusals{
      {"hypercube", "uniform", 24, {"hypercube needs a power of two; 24 is not: use torus"}},
      {"rign", "uniform", 8, {"unknown topology 'rign'", "did you mean 'ring'?"}},
      {"ring", "metropolitan", 8, {"unknown weights 'metropolitan'", "did you mean 'metropolis'?"}},
      {"ring", "uniform", 0, {"at least one"}},
      {"ring(3)", "uniform", 8, {"ring(3)", "'3'"}},
      {"star", "uniform", 8, {"star with 8 nodes", "columns", "metropolis"}},
      {"random-directed", "uniform", 8, {"columns", "push-sum"}},
      {"random-directed(1)", "push-sum", 32, {"not connected", "more receivers, such as 5"}},
      {"dynamic-erdos-renyi", "uniform", 8, {"columns", "metropolis"}},
      {"exponential", "metropolis", 8, {"undirected", "exponential is directed", "push-sum"}},
      {"exponential(both)", "uniform", 8, {"one-sided or two-sided", "'both'"}},
      {"torus(3, 5)", "uniform", 16, {"torus(3, 5)", "16 nodes", "torus(4, 4)"}},
      {"torus(0, 4)", "uniform", 16, {"torus(0, 4)"}},
      {"torus(131072, 140737488355329)", "uniform", 131072, {"does not have 131072 nodes"}},
      {"circulant(2, 4)", "uniform", 8, {"circulant(2, 4) with 8 nodes is not connected"}},
      {"circulant(8)", "uniform", 8, {"offset 8", "1 to 7"}},
      {"circulant", "uniform", 8, {"needs offsets"}},
      {"random-regular(3)", "uniform", 7, {"half an edge"}},
      {"random-regular(8)", "uniform", 8, {"more than 8 nodes"}},
      {"random-regular(1)", "uniform", 8, {"not connected in 1000 draws", "degree of at least 3"}},
      {"erdos-renyi(0)", "metropolis", 8, {"not connected", "probability above ln(n) / n"}},
      {"erdos-renyi(1.5)", "metropolis", 8, {"1.5", "[0, 1]"}},
      {"watts-strogatz(3)", "metropolis", 8, {"even"}},
      {"barabasi-albert(8)", "metropolis", 8, {"more than 8 nodes"}},
      {"complete", "uniform", 5000, {"2.5e+07 messages in a round", "take fewer nodes"}},
      {"barbell", "metropolis", 20000, {"messages in a round"}},
      {"erdos-renyi(0.5)", "metropolis", 8000, {"messages in a round"}},
      {"erdos-renyi", "metropolis", 30000, {"pair by pair", "at most 20000 nodes"}},
      {"random-directed", "push-sum", 30000, {"pair by pair"}},
      {"random-regular(2000)", "uniform", 20000, {"messages in a round"}},
      {"barbell(1)", "metropolis", 8, {"bridge = 0"}},
      {"tree(0)", "metropolis", 8, {"branching"}},
      {"karate-club", "metropolis", 32, {"34 nodes", "nodes = 34"}},
      {"one-peer-ring", "uniform", 7, {"even number", "base(2)"}},
      {"one-peer-exponential(sorted)", "uniform", 8, {"cyclic, permutation, random", "'sorted'"}},
      {"base(1)", "uniform", 8, {"at least 2"}},
      {"base", "metropolis", 8, {"own weights", "uniform"}},
      {"alternate(ring, 2, complete)", "uniform", 8, {"alternate(ring, 9, complete, 1)"}},
      {"alternate(random-matching, 2)", "uniform", 8, {"no period"}},
      {"alternate(ring, 0)", "uniform", 8, {"0 rounds of ring"}},
  };
  for (const auto& [graph, weights, nodes, says] : refusals) {
    INFO(graph << " " << weights << " " << nodes);
    std::string message;
    try {
      make_mixing(graph, weights, nodes, 1);
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::input);
      message = error.what();
    }
    for (const auto& part : says) CHECK_THAT(message, Catch::Contains(part));
  }
}
