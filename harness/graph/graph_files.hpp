#pragma once

#include <string>
#include <string_view>

#include "harness/graph/mixing_matrix.hpp"

// Graphs and matrices that the user brings, as UTF-8 with or without a byte-order mark; lines end in LF, CR LF or CR. Every complaint names the
// file, the line and the remedy.
namespace xib::graphs {

inline constexpr std::string_view kNameAFile = "check the name, which is that of a file and counts from the working directory";

// An edge per line, two node numbers from 0 apart by blanks or a comma; '#' begins a comment. Directed: the first sends to the second.
Topology read_edges(const std::string& file, int nodes, bool directed);

// A row of W per line, numbers or fractions such as 1/3 apart by commas; '#' begins a comment.
MixingMatrix read_matrix(const std::string& file, int nodes, MixingMatrix::Stochastic stochastic);

}  // namespace xib::graphs
