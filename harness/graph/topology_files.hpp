#pragma once

#include <string>
#include <string_view>

namespace xib {

// SHA-256 of each file that a topology is read from, in the order of the arguments, separated by blanks; "": it has no files. The name alone does not determine
// such a topology. Throws Error(input) if a file cannot be read.
std::string topology_files_sha256(std::string_view topology);

// Term of a graph in alternate(), which writes each graph as one argument with blanks: "torus 4 8" is torus(4, 8).
std::string spelled_out(std::string_view graph_of_alternate);

}  // namespace xib
