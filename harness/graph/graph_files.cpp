#include "harness/graph/graph_files.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/graph/exact_sum.hpp"

namespace xib::graphs {
namespace {

struct Line {
  int number;
  std::vector<std::string> fields;
};

// The fields of all lines that have any; the comment is gone.
std::vector<Line> read_lines(const std::string& file, std::string_view separators) {
  const std::string bytes = read_file(file, kNameAFile);
  require(!bytes.starts_with("\xff\xfe") && !bytes.starts_with("\xfe\xff"), "{}: is UTF-16; save it as UTF-8", file);
  std::string_view rest = skip_byte_order_mark(bytes);
  std::vector<Line> lines;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    std::string text(rest.substr(0, end));
    rest.remove_prefix(std::min(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1), rest.size()));
    text = text.substr(0, text.find('#'));
    Line line{number, {}};
    for (std::size_t from = 0; (from = text.find_first_not_of(separators, from)) != std::string::npos;) {
      const std::size_t to = std::min(text.find_first_of(separators, from), text.size());
      line.fields.push_back(text.substr(from, to - from));
      from = to;
    }
    if (!line.fields.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Beginning of a field, for messages.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  return printable(text.substr(0, kMost)) + (text.size() > kMost ? "..." : "");
}

int parse_node(const std::string& text, const std::string& file, int line) {
  int node = 0;
  require(parse(text, node), "{}:{}: '{}' is not a node number; write two numbers such as '0 1'", file, line, shown(text));
  return node;
}

void check_node(int node, int nodes, const std::string& file, int line) {
  require(0 <= node && node < nodes, "{}:{}: node {} must be in 0..{}; count nodes from 0 or give {} nodes", file, line, node, nodes - 1,
          std::max(node + 1, nodes));
}

struct Edge {
  int line, from, to;
};

std::vector<Edge> parse_edges(const std::string& file) {
  std::vector<Edge> edges;
  for (const auto& [line, fields] : read_lines(file, " \t,")) {
    require(fields.size() == 2, "{}:{}: {} fields instead of two node numbers; write an edge such as '0 1'", file, line, fields.size());
    edges.push_back({line, parse_node(fields[0], file, line), parse_node(fields[1], file, line)});
  }
  return edges;
}

// A list that counts from 1 would be refused for its last node, then for its first.
void check_counts_from_0(const std::vector<Edge>& edges, int nodes, const std::string& file) {
  int least = edges.front().from, most = least;
  for (const Edge& edge : edges) {
    least = std::min({least, edge.from, edge.to});
    most = std::max({most, edge.from, edge.to});
  }
  require(least <= 0, "{}: no edge names node 0, so it is not connected; if the list counts from 1, subtract 1 from all its numbers{}: nodes count from 0",
          file, most == nodes ? "" : fmt::format(" and give {} nodes", most));
}

double parse_weight(const std::string& text, const std::string& file, int line) {
  double value = 0, divisor = 1;
  const auto slash = text.find('/');
  bool ok = parse(std::string_view(text).substr(0, slash), value);
  if (slash != std::string::npos) ok = ok && parse(std::string_view(text).substr(slash + 1), divisor) && divisor != 0;
  require(ok && std::isfinite(value / divisor), "{}:{}: '{}' is not a weight; write a number such as 0.25 or a fraction such as 1/3", file, line, shown(text));
  require(value / divisor >= 0, "{}:{}: the weight {} is negative (mixing must average); use weights in [0, 1]", file, line, shown(text));
  return value / divisor;
}

}  // namespace

Topology read_edges(const std::string& file, int nodes, bool directed) {
  std::vector<std::vector<int>> senders(static_cast<std::size_t>(nodes));
  std::map<std::pair<int, int>, int> seen;  // edge -> its line
  const auto edges = parse_edges(file);
  require(!edges.empty() || nodes <= 1, "{}: holds no edge; write one per line, such as '0 1'", file);
  if (!edges.empty()) check_counts_from_0(edges, nodes, file);
  for (const auto& [line, a, b] : edges) {
    for (const int node : {a, b}) check_node(node, nodes, file, line);
    require(a != b, "{}:{}: node {} has an edge to itself (W's diagonal is its own weight); remove the line", file, line, a);
    const auto key = directed || a < b ? std::pair(a, b) : std::pair(b, a);
    const auto [first, fresh] = seen.emplace(key, line);
    require(fresh, "{}:{}: the edge {} {} is on line {} already; remove one", file, line, a, b, first->second);
    senders[static_cast<std::size_t>(b)].push_back(a);
    if (!directed) senders[static_cast<std::size_t>(a)].push_back(b);
  }
  return Topology(std::move(senders), directed);
}

MixingMatrix read_matrix(const std::string& file, int nodes, MixingMatrix::Stochastic stochastic) {
  const bool by_rows = stochastic == MixingMatrix::Stochastic::rows;
  const double tolerance = nodes * 0x1p-52;
  std::vector<std::vector<Weight>> rows;
  std::vector<ExactSum> columns(static_cast<std::size_t>(nodes));
  for (const auto& [line, fields] : read_lines(file, " \t,")) {
    const int i = static_cast<int>(rows.size());
    require(i < nodes, "{}:{}: row {} of W, but there are {} nodes; give as many nodes as rows", file, line, i + 1, nodes);
    require(static_cast<int>(fields.size()) == nodes, "{}:{}: {} weights for {} nodes; write one per node", file, line, fields.size(), nodes);
    rows.emplace_back();
    ExactSum sum;
    for (int j = 0; j < nodes; ++j) {
      const double value = parse_weight(fields[static_cast<std::size_t>(j)], file, line);
      if (value != 0) rows.back().push_back({j, value});
      sum.add(value);
      columns[static_cast<std::size_t>(j)].add(value);
    }
    require(!by_rows || std::abs(sum.value() - 1) <= tolerance,
            "{}:{}: the weights sum to {:.17g} instead of 1 (models would shrink or grow); write 17 digits, or fractions such as 1/3", file, line, sum.value());
  }
  require(static_cast<int>(rows.size()) == nodes, "{}: {} rows for {} nodes; give as many rows as nodes", file, rows.size(), nodes);
  for (int j = 0; j < nodes; ++j) {
    const double sum = columns[static_cast<std::size_t>(j)].value();
    require(std::abs(sum - 1) <= tolerance, "{}: column {} sums to {:.17g} instead of 1 ({}); {}", file, j + 1, sum,
            by_rows ? "the mean would drift" : "push-sum would lose mass",
            by_rows ? "make W doubly stochastic, or give its transpose with weights = \"push-sum\"" : "correct the column");
  }
  return MixingMatrix(std::move(rows), stochastic);
}

}  // namespace xib::graphs
