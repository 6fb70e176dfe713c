#pragma once

#include <string_view>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// The matrix that a rule of weight_rules() gives a graph; `graph` names it in errors. Throws Error(input) for an unknown rule, and
// where the rule's W would not keep the mean: uniform on a star, metropolis on a directed graph.
MixingMatrix weigh(const Topology& topology, std::string_view rule, std::string_view graph);

// Rows whose diagonal is left out get the one that makes them sum to 1 as nearly as a double can.
MixingMatrix with_diagonal(std::vector<std::vector<Weight>> off_diagonal);

// (I + W) / 2: no negative eigenvalue.
MixingMatrix lazy(const MixingMatrix& w);

// Checks the rule's name only.
void check_rule(std::string_view rule);

// For graphs that bring their own matrix: it as it is under "uniform" (the default), lazy under "lazy". Throws Error(input) for
// any other rule.
MixingMatrix own_weights(MixingMatrix w, std::string_view rule, std::string_view graph);

}  // namespace xib
