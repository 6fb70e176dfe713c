#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "harness/core/text.hpp"
#include "harness/gap/cost_table.hpp"
#include "harness/gap/gap_lines.hpp"

namespace xib {
namespace {

struct Unit {
  double size;
  const char* name;
};
constexpr std::array<Unit, 5> kTimes = {{{3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}};

// 12.3 ± 0.4 ms: three digits of the mean in the largest unit of which there is one (of minutes and hours two), and a deviation that these can show.
std::string seconds(const Spread& time) {
  if (!std::isfinite(time.mean)) return "-";
  if (time.mean == 0) return "0";
  const auto unit = std::find_if(kTimes.begin(), kTimes.end() - 1, [&](const Unit& u) { return time.mean >= (u.size > 1 ? 2 : 1) * u.size; });
  const double mean = time.mean / unit->size, sd = time.sd / unit->size;
  const int decimals = std::max(0, 2 - static_cast<int>(std::floor(std::log10(mean))));
  const std::string spread = std::isfinite(sd) && sd >= 0.5 * std::pow(10, -decimals) ? fmt::format(" ± {:.{}f}", sd, decimals) : "";
  return fmt::format("{:.{}f}{} {}", mean, decimals, spread, unit->name);
}

// Number of nodes: a column of its own.
std::vector<std::size_t> telling_axes(const CostTable& table) {
  std::vector<std::size_t> telling = distinguishing_axes(table.groups);
  std::erase_if(telling, [&](std::size_t k) { return table.groups.front().axes[k].first == "train.nodes"; });
  return telling;
}

std::string target_text(const CostTable& table, double target) { return table.question.metric.shown(target); }

// Titles, then a line for each row; the names as they are.
std::vector<Line> lines_of(const CostTable& table) {
  const auto axes = telling_axes(table);
  const Metric& metric = table.question.metric;
  Line head;
  for (const auto k : axes) head.push_back(table.groups.front().axes[k].first);
  head.insert(head.end(), {"variant", "n", Metric::with_unit(metric.label(), metric.symbol()), "a step", "computing", "mixing", "deciding", "sent", "target",
                           "reached", "steps to it", "time to it", "sent to it"});
  std::vector<Line> lines{std::move(head)};
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      const auto cut = [&](const std::string& text) { return row.diverged > 0 && text != "-" ? text + " †" : text; };
      Line line;
      for (const auto k : axes) line.push_back(group.axes[k].second);
      line.insert(line.end(), {row.variant.empty() ? "(none)" : row.variant, std::to_string(row.nodes), with_spread(row.score, metric), seconds(row.step_s),
                               seconds(row.compute_s), seconds(row.mixing_s), seconds(row.decision_s), cut(scaled(row.bytes.mean, "B")),
                               std::isnan(group.target) ? "-" : target_text(table, group.target),
                               std::isnan(group.target) ? "-" : fmt::format("{} of {}", row.reached, row.runs), scaled(row.target_steps.mean),
                               seconds(row.target_s), scaled(row.target_bytes.mean, "B")});
      lines.push_back(std::move(line));
    }
  return lines;
}

std::string network_text(const CostQuestion& question) {
  return fmt::format("{:.4g} µs per message, {:.4g} Gb/s each way of every node, all-reduce {}", 1e6 * question.network.latency_s,
                     8e-9 * question.network.bandwidth, question.all_reduce == AllReduce::ring ? "as a ring" : "by recursive halving and doubling");
}

std::string compute_text(const CostTable& table) {
  if (!std::isnan(table.question.compute_s)) return fmt::format("given, {:.4g} s per node and step (--compute)", table.question.compute_s);
  if (table.machines.empty()) return "not measured";
  return fmt::format("measured, one core per node (device runs: one device), on {}", printable(fmt::format("{}", fmt::join(table.machines, "; "))));
}

std::string target_note(const CostTable& table) {
  const Metric& metric = table.question.metric;
  const std::string when = "; reached where the mean model scores it in an evaluation, so time is rounded up to the next one; no time unless all runs reach it";
  if (!std::isnan(table.question.target)) return fmt::format("- target: {} of {}{}\n", metric.label(), target_text(table, table.question.target), when);
  if (table.baseline.empty() || !(table.delta > 0))
    return fmt::format("- no target: the sweep declares no {}; give one with --to {}=VALUE\n", table.baseline.empty() ? "baseline" : "margin (delta)",
                       metric.name);
  return fmt::format("- target: the mean final {} of '{}' in the cell, {} delta = {}{}\n", metric.label(), shown(table.baseline),
                     metric.higher_is_better() ? "less" : "and", Metric::with_unit(fmt::format("{}", table.delta), metric.points()), when);
}

std::string answers(const CostTable& table) {
  std::string out;
  for (const auto& group : table.groups) {
    const CostRow* best = group.fastest();
    if (!best) continue;
    const auto base = std::find_if(group.rows.begin(), group.rows.end(), [](const auto& row) { return row.is_baseline; });
    const std::string cell = cell_text(group.axes);
    out += fmt::format("- first to {}{}: '{}', {}", target_text(table, group.target), cell.empty() ? "" : ", " + cell, shown(best->variant),
                       seconds(best->target_s));
    if (base != group.rows.end() && !best->is_baseline && std::isfinite(base->target_s.mean))
      out += fmt::format(", {:.2g} of the time of '{}'", best->target_s.mean / base->target_s.mean, shown(base->variant));
    out += "\n";
  }
  return out;
}

std::string latex(const std::string& text) {
  static const std::vector<std::pair<std::string, std::string>> kSpelled = {{"\\", "\\textbackslash{}"},
                                                                            {"&", "\\&"},
                                                                            {"%", "\\%"},
                                                                            {"$", "\\$"},
                                                                            {"#", "\\#"},
                                                                            {"_", "\\_"},
                                                                            {"{", "\\{"},
                                                                            {"}", "\\}"},
                                                                            {"~", "\\textasciitilde{}"},
                                                                            {"^", "\\textasciicircum{}"},
                                                                            {"±", "$\\pm$"},
                                                                            {"µ", "$\\mu$"},
                                                                            {"†", "\\dag{}"}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found =
        std::find_if(kSpelled.begin(), kSpelled.end(), [&](const auto& spelled) { return text.compare(at, spelled.first.size(), spelled.first) == 0; });
    out += found == kSpelled.end() ? std::string(1, text[at]) : found->second;
    at += found == kSpelled.end() ? 1 : found->first.size();
  }
  return out;
}

}  // namespace

std::string cost_markdown(const CostTable& table) {
  std::vector<Line> lines = lines_of(table);
  for (std::size_t k = 1; k < lines.size(); ++k)
    for (auto& cell : lines[k]) cell = shown(cell);
  return fmt::format(
      "## {}: seconds on a network of {}\n\n{}\n{}"
      "- modelled, not measured: mixing, deciding (what policies ask for first) and the sums; one node per rank, no overlap, no contention, all nodes equally "
      "fast (formulas: harness/gap/README.md)\n- computing: {}\n{}"
      "- mean ± standard deviation over seeds; a step: mean of all steps; sent: all nodes, to mix and to decide{}\n",
      shown(table.sweep), network_text(table.question), aligned(lines, telling_axes(table).size() + 1), answers(table), compute_text(table), target_note(table),
      std::any_of(table.groups.begin(), table.groups.end(),
                  [](const auto& g) { return std::any_of(g.rows.begin(), g.rows.end(), [](const auto& row) { return row.diverged > 0; }); })
          ? "; †: with runs that ended where they diverged, and reach nothing"
          : "");
}

std::string cost_latex(const CostTable& table) {
  const std::vector<Line> lines = lines_of(table);
  const std::size_t left = telling_axes(table).size() + 1;
  std::string out = fmt::format("% Modelled, not measured: {}. Computing: {}.\n\\begin{{tabular}}{{{}{}}}\n\\toprule\n", network_text(table.question),
                                compute_text(table), std::string(left, 'l'), std::string(lines.front().size() - left, 'r'));
  for (std::size_t k = 0; k < lines.size(); ++k) {
    Line cells;
    for (const auto& cell : lines[k]) cells.push_back(latex(printable(cell)));
    out += fmt::format("{} \\\\\n{}", fmt::join(cells, " & "), k == 0 ? "\\midrule\n" : "");
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace xib
