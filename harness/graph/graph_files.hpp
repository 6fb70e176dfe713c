#pragma once

#include <string>
#include <string_view>

#include "harness/graph/mixing_matrix.hpp"

// Graphs and matrices in files of the user: UTF-8 with or without a byte-order mark, lines that end in LF, CR LF or CR. Every error names the file, the line
// and the remedy.
namespace xib::graphs {

inline constexpr std::string_view kNameAFile = "check the name, which is that of a file and counts from the working directory";

// Reads a graph: one edge per line, two node numbers from 0 separated by blanks or a comma; '#' begins a comment. Directed: the first sends to the second.
Topology read_edges(const std::string& file, int nodes, bool directed);

// Reads a matrix: one row of W per line, numbers or fractions such as 1/3 separated by commas; '#' begins a comment.
MixingMatrix read_matrix(const std::string& file, int nodes, MixingMatrix::Stochastic stochastic);

}  // namespace xib::graphs
