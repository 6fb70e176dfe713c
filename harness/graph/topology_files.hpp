#pragma once

#include <string>
#include <string_view>

namespace xib {

// A topology that is read from files is not determined by its name alone: the SHA-256 of each file, in the order of the arguments, a
// blank between two; "" for a topology without files. Throws Error(input) when a file cannot be read.
std::string topology_files_sha256(std::string_view topology);

// alternate() names its graphs as one argument each, with blanks: "torus 4 8" is torus(4, 8).
std::string spelled_out(std::string_view graph_of_alternate);

}  // namespace xib
