#pragma once

#include <string_view>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// Matrix of a graph by a rule of weight_rules(); `graph` is its name for errors. Throws Error(input) for an unknown rule, and if the rule's W would not keep
// the mean: uniform on a star, metropolis on a directed graph.
MixingMatrix weigh(const Topology& topology, std::string_view rule, std::string_view graph);

// Matrix of rows without their diagonal; each diagonal entry is computed so that its row sums to 1 as nearly as doubles can.
MixingMatrix with_diagonal(std::vector<std::vector<Weight>> off_diagonal);

// Matrix (I + W) / 2, which has no negative eigenvalue.
MixingMatrix lazy(const MixingMatrix& w);

// Checks only the name of a rule.
void check_rule(std::string_view rule);

// Weights of a graph that has its own matrix: the matrix itself under "uniform" (the default), its lazy form under "lazy". Throws Error(input) for any other
// rule.
MixingMatrix own_weights(MixingMatrix w, std::string_view rule, std::string_view graph);

}  // namespace xib
