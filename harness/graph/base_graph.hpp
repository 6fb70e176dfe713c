#pragma once

#include "harness/graph/mixing_matrix.hpp"

namespace xib::graphs {

// Base-(k+1) graph of Takezawa, Sato, Bao, Niwa and Yamada, NeurIPS 2023 ("Beyond Exponential Graph"), algorithms 1 to 3, with base = k + 1: at most k
// neighbors per round, and the product of the returned matrices is exactly J = 11'/n for any n.
std::vector<MixingMatrix> base_graph(int nodes, int base);

}  // namespace xib::graphs
