// Prints the closed forms of communications, one JSON object each, for any number of nodes: nothing is sent.
//   scale_forms NODES DIM LATENCY BANDWIDTH COMMUNICATION[=ROUNDS]...

#include "benchmarks/scale/forms.hpp"
#include "harness/core/nan.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

int main(int argc, char** argv) {
  if (argc < 6) return std::fputs("usage: scale_forms NODES DIM LATENCY BANDWIDTH COMMUNICATION[=ROUNDS]...\n", stderr), 2;
  try {
    for (int k = 5; k < argc; ++k) {
      const std::string word = argv[k], name = word.substr(0, word.find('='));
      const int rounds = name == word ? 1 : std::atoi(word.c_str() + name.size() + 1);
      fmt::print("{}\n", xib::scale::line(name, std::atoi(argv[1]), static_cast<std::size_t>(std::atol(argv[2])), rounds, xib::kNaN, std::atof(argv[3]),
                                          std::atof(argv[4])));
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale_forms: {}\n", error.what());
    return 2;
  }
  return 0;
}
