#include "harness/graph/topology_files.hpp"

#include <algorithm>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/paths.hpp"
#include "harness/graph/graph_files.hpp"
#include "harness/graph/mixing_matrix.hpp"

namespace xib {
namespace {

bool reads_file(std::string_view name) {
  const auto all = topologies();
  return std::any_of(all.begin(), all.end(), [&](const TopologyInfo& info) { return info.name == name && info.example == "-"; });
}

void add_file(const Term& term, std::string& sums) {
  if (!reads_file(term.name)) return;
  const std::string file = Arguments(term, "topology").text("file");
  sums += (sums.empty() ? "" : " ") + sha256(read_file(file, graphs::kNameAFile));
}

}  // namespace

std::string spelled_out(std::string_view graph) {
  std::string text(graph);
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return text;
  std::replace(text.begin(), text.end(), ' ', ',');
  return text.substr(0, blank) + "(" + text.substr(blank + 1) + ")";
}

std::string topology_files_sha256(std::string_view topology) {
  const Term term = Term::parse(topology);
  std::string sums;
  add_file(term, sums);
  if (term.name != "alternate") return sums;
  for (const auto& argument : term.arguments)
    if (reads_file(argument.text.substr(0, argument.text.find(' ')))) add_file(Term::parse(spelled_out(argument.text)), sums);
  return sums;
}

}  // namespace xib
