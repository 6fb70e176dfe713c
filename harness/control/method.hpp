#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace xib {

// Way in which a policy that holds a target finds the number of rounds of a step: control.method. All ways but `predicted` find the same number, that of the
// loop, so they differ only in what they send and how long they take.
struct Method {
  enum class Kind {
    predicted,  // control.method is not set: from a Gram matrix alone, also where Ξ is within rounding of the target
    gram,       // from a Gram matrix; where that cannot tell, Ξ is measured after the rounds in question
    loop,       // Ξ is measured after each round
    automatic,  // in each step that one of the two which costs less by method_seconds(), if it takes as many rounds as the step before
  } kind = Kind::predicted;
  double latency_s = 50e-6, bandwidth = 1.25e9;  // of automatic: the network (graph/traffic.hpp), B/s
  double rate = 4e9;                             // of automatic: multiplications with additions that a node does in a second
};

// One row of the table of methods, which the parser, `xibench list` and the tests read.
struct MethodInfo {
  std::string_view name, arguments, help;
  Method::Kind kind;
};
std::span<const MethodInfo> methods();

// Method written as `text`, "" for the one of a key that is not set; `key` is for errors. Throws Error(input) for an unknown name or wrong arguments.
Method make_method(std::string_view text, std::string_view key);

// What one decision sends and computes, with one node per rank, as all bytes are counted: facts of the configuration, never of the machine or the ranks.
struct DecisionCost {
  DecisionCost(int nodes, std::size_t dim);
  double nodes, dim;
  double gram_bytes, distance_bytes;  // of all nodes: a Gram matrix, a measurement of Ξ
};
// Modelled seconds of a decision for `rounds` rounds by a Gram matrix; entries: of a row of W, the diagonal included, in the mean.
double gram_seconds(const Method& method, const DecisionCost& cost, double entries, int rounds);
double loop_seconds(const Method& method, const DecisionCost& cost, int measurements);
// The most measurements, for least rounds in the step, one round more, and so on up to `most`, with which the loop costs no more than a Gram matrix.
int loop_pays_up_to(const Method& method, const DecisionCost& cost, double entries, int least, int most);

}  // namespace xib
