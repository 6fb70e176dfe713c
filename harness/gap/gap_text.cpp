#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "harness/gap/gap_table.hpp"

namespace xib {
namespace {

using Line = std::vector<std::string>;

std::string number(double value, int decimals) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-"; }
std::string signed_number(double value) { return std::isfinite(value) ? fmt::format("{:+.2f}", value) : "-"; }

// 8960 as it is, then three digits and a decimal prefix: 12 k, 1.72 MB.
std::string scaled(double value, const char* unit = "") {
  constexpr std::array prefixes{"", "k", "M", "G", "T", "P", "E"};
  if (!std::isfinite(value)) return "-";
  std::size_t power = 0;
  if (value >= 9999.5)
    for (; value >= 999.5 && power + 1 < prefixes.size(); ++power) value /= 1000;
  const std::string suffix = std::string(prefixes[power]) + unit;
  const std::string digits = power == 0 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  return suffix.empty() ? digits : digits + " " + suffix;
}

std::string spread(const Spread& s, int decimals = 2) {
  return std::isfinite(s.sd) ? fmt::format("{} ± {}", number(s.mean, decimals), number(s.sd, decimals)) : number(s.mean, decimals);
}

std::string interval(const Interval& i) { return std::isfinite(i.low) ? fmt::format("{:+.2f} to {:+.2f}", i.low, i.high) : "-"; }

// A row with diverged runs says so before anything else.
std::string verdict_text(const GapRow& row, double delta) {
  const std::string diverged = row.diverged > 0 ? fmt::format("{} of {} diverged", row.diverged, row.runs.size()) : "";
  if (row.is_baseline) return diverged.empty() ? "baseline" : diverged + ", baseline";
  if (!row.paired) return diverged.empty() ? "no baseline" : diverged + ", no baseline";
  if (!diverged.empty()) return diverged;
  const Paired& paired = *row.paired;
  if (paired.verdict == Verdict::diverged) return "baseline diverged";
  if (paired.verdict == Verdict::no_gap) return fmt::format("no gap larger than {}", delta);
  if (paired.verdict == Verdict::gap) return paired.difference.mean > 0 ? "gap (better)" : "gap";
  return std::string(name(paired.verdict));
}

std::size_t width(const std::string& text) {  // code points; every character of ours is one column wide
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The first `left` columns are text, the others numbers.
std::string aligned(const std::vector<Line>& lines, std::size_t left) {
  std::vector<std::size_t> widths(lines.front().size(), 3);
  for (const auto& line : lines)
    for (std::size_t k = 0; k < line.size(); ++k) widths[k] = std::max(widths[k], width(line[k]));
  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    for (std::size_t k = 0; k < widths.size(); ++k) {
      const std::string pad(widths[k] - width(lines[row][k]), ' ');
      out += k < left ? fmt::format("| {}{} ", lines[row][k], pad) : fmt::format("| {}{} ", pad, lines[row][k]);
    }
    out += "|\n";
    if (row > 0) continue;
    for (std::size_t k = 0; k < widths.size(); ++k) out += fmt::format("|{}{}", std::string(widths[k] + 1, '-'), k < left ? "-" : ":");
    out += "|\n";
  }
  return out;
}

// Axes that tell the groups apart; the others would repeat one value in every row.
std::vector<std::size_t> telling_axes(const GapTable& table) {
  std::vector<std::size_t> telling;
  const std::size_t count = table.groups.empty() ? 0 : table.groups.front().axes.size();
  for (std::size_t k = 0; k < count; ++k)
    if (std::any_of(table.groups.begin(), table.groups.end(),
                    [&](const auto& g) { return g.axes[k].second != table.groups.front().axes[k].second; }))
      telling.push_back(k);
  return telling;
}

// What a reader calls the key: topology.name is the topology.
std::string last_part(std::string key) {
  constexpr std::string_view name = ".name";
  if (key.ends_with(name)) key.resize(key.size() - name.size());
  return key.substr(key.rfind('.') + 1);
}

// train.nodes -> nodes, unless another axis ends alike.
std::string short_name(const GapTable& table, std::size_t axis) {
  const Axes& axes = table.groups.front().axes;
  const std::string own = last_part(axes[axis].first);
  return std::count_if(axes.begin(), axes.end(), [&](const auto& a) { return last_part(a.first) == own; }) == 1 ? own : axes[axis].first;
}

std::string cell_text(const Axes& axes) {
  Line parts;
  for (const auto& [key, value] : axes)
    if (value != kAnyValue) parts.push_back(fmt::format("{} = {}", key, value));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// One markdown table: the axes, the variant, then what `columns` makes of each row.
std::string make_table(const GapTable& table, Line header, const std::function<Line(const GapRow&)>& columns, std::size_t text_columns) {
  const auto axes = telling_axes(table);
  Line head;
  for (const auto k : axes) head.push_back(short_name(table, k));
  head.push_back("variant");
  head.insert(head.end(), header.begin(), header.end());
  std::vector<Line> lines{std::move(head)};
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      Line line;
      for (const auto k : axes) line.push_back(group.axes[k].second);
      line.push_back(row.variant.empty() ? "(none)" : row.variant);
      for (auto& cell : columns(row)) line.push_back(std::move(cell));
      lines.push_back(std::move(line));
    }
  return aligned(lines, axes.size() + 1 + text_columns);
}

template <class Test>
bool any_row(const GapTable& table, Test test) {
  for (const auto& group : table.groups)
    if (std::any_of(group.rows.begin(), group.rows.end(), test)) return true;
  return false;
}

std::string with_status(const std::string& text, const PublishedValue& published) { return fmt::format("{} ({})", text, published.status); }

std::string accuracy_table(const GapTable& table) {
  const bool published = any_row(table, [](const GapRow& row) { return row.published.accuracy.has_value(); });
  const bool differences = any_row(table, [](const GapRow& row) { return row.published.difference.has_value(); });
  Line header{"verdict", "seeds", "accuracy %", "difference"};
  if (differences) header.push_back("published difference");
  header.insert(header.end(), {"95 % interval", "ρ"});
  if (published) header.push_back("published %");
  return make_table(
      table, header,
      [&](const GapRow& row) {
        const bool compared = row.paired.has_value();
        Line line{verdict_text(row, table.delta), std::to_string(row.accuracy.n), spread(row.accuracy),
                  compared ? signed_number(row.paired->difference.mean) : "-"};
        const auto& [quoted, quoted_difference] = row.published;
        if (differences) line.push_back(quoted_difference ? with_status(signed_number(quoted_difference->value), *quoted_difference) : "-");
        line.push_back(compared ? interval(row.paired->interval_95) : "-");
        line.push_back(compared ? number(row.paired->rho, 2) : "-");
        if (published) line.push_back(quoted ? with_status(spread({2, quoted->value, quoted->spread}), *quoted) : "-");
        return line;
      },
      1);
}

std::string cost_table(const GapTable& table) {
  std::size_t phases = 0;
  any_row(table, [&](const GapRow& row) { return phases = std::max(phases, row.distance_max.size()), false; });
  Line header{"rounds", "sent", "measured", "to decide", "wall", "node mean %", "worst node %"};
  for (std::size_t k = 1; k <= phases; ++k) header.push_back(fmt::format("max Ξ, phase {}", k));
  return make_table(
      table, header,
      [&](const GapRow& row) {
        const auto cost = [&](const std::string& text) { return row.diverged > 0 && text != "-" ? text + " †" : text; };
        Line line{cost(scaled(row.rounds)),
                  cost(scaled(row.bytes_sent, "B")),
                  cost(scaled(row.gauge_bytes_sent, "B")),
                  cost(scaled(row.gauge_bytes_to_decide, "B")),
                  cost(std::isfinite(row.wall_s) ? fmt::format("{:.1f} s", row.wall_s) : "-"),
                  number(row.accuracy_nodes_mean, 2),
                  number(row.accuracy_nodes_min, 2)};
        for (std::size_t k = 0; k < phases; ++k)
          line.push_back(k < row.distance_max.size() && std::isfinite(row.distance_max[k]) ? fmt::format("{:.3g}", row.distance_max[k])
                                                                                           : "-");
        return line;
      },
      0);
}

// Constructed problems have none; a run that diverged early has none either, but had one to reach.
bool has_accuracy(const GapTable& table) {
  return any_row(table, [](const GapRow& row) {
    return row.diverged > 0 || std::any_of(row.runs.begin(), row.runs.end(), [](const auto& run) { return std::isfinite(run.accuracy); });
  });
}

std::string undecided_reasons(const GapTable& table) {
  std::vector<std::pair<std::string, int>> reasons;  // in order of appearance
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      if (!row.paired || row.paired->verdict != Verdict::undecided) continue;
      const auto found = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == row.paired->why; });
      if (found == reasons.end())
        reasons.emplace_back(row.paired->why, 1);
      else
        ++found->second;
    }
  std::string out;
  for (const auto& [why, count] : reasons) out += fmt::format("- undecided ({} row{}): {}\n", count, count == 1 ? "" : "s", why);
  return out;
}

std::string resolution_text(const GapTable& table) {
  if (!table.resolution) {
    if (!has_accuracy(table))
      return "- these runs have no accuracy: what they learn has a known optimum, and no classes. What they are measured by is f - f*, see xibench show RUN.h5 and "
             "analysis/theory.py\n";
    const bool diverged = any_row(table, [](const GapRow& row) { return row.diverged > 0; });
    return diverged ? "- too few seeds end with a number in both arms to tell anything apart: runs have diverged\n"
                    : "- with one seed in both arms nothing can be told apart: run more seeds\n";
  }
  const Resolution& r = *table.resolution;
  std::string out =
      fmt::format("- what {} seeds resolve: paired differences spread by {:.2f} points, so the 95 % interval is ± {:.2f} points", r.seeds,
                  r.sd, r.half_width);
  if (!(table.delta > 0)) return out + "\n";
  if (r.half_width <= table.delta) return out + fmt::format(", within delta = {}\n", table.delta);
  if (r.seeds_for_delta == 0) return out + fmt::format("; delta = {} would need more than 1000 seeds\n", table.delta);
  return out + fmt::format("; ± {} would take {} seeds\n", table.delta, r.seeds_for_delta);
}

// A row whose control was held back by control.max_rounds is not what its name says.
std::string missed_targets(const GapTable& table) {
  std::string out;
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      if (row.target_missed_steps == 0) continue;
      const std::string cell = cell_text(group.axes);
      out += fmt::format("- target missed: {}{}{}: in {} step{} control.max_rounds were not enough\n", row.variant, cell.empty() ? "" : ", ", cell,
                         row.target_missed_steps, row.target_missed_steps == 1 ? "" : "s");
    }
  return out;
}

std::string missing_text(const GapTable& table) {
  std::string out;
  constexpr std::size_t shown = 12;
  for (std::size_t k = 0; k < table.missing.size() && k < shown; ++k) {
    const auto& run = table.missing[k];
    const std::string cell = cell_text(run.axes);
    out +=
        fmt::format("- missing: {}seed {}{}\n", run.variant.empty() ? "" : run.variant + ", ", run.seed, cell.empty() ? "" : ", " + cell);
  }
  if (table.missing.size() > shown) out += fmt::format("- missing: {} more\n", table.missing.size() - shown);
  return out;
}

std::string notes(const GapTable& table) {
  std::string out = "- accuracy: the mean model on the test set at the last evaluation, mean ± standard deviation over seeds\n";
  if (!table.baseline.empty()) {
    out += fmt::format("- difference: to '{}', paired by seed, in points; ρ: correlation of the two arms over seeds\n", table.baseline);
    if (table.delta > 0) out += fmt::format("- delta = {} points: the margin below which a gap is called none\n", table.delta);
    out += undecided_reasons(table) + resolution_text(table);
  } else {
    out += "- no differences: the sweep names no baseline (a [[variant]] with baseline = true)\n";
  }
  if (any_row(table, [](const GapRow& row) { return row.diverged > 0; }))
    out += "- diverged: a run that diverged has no final accuracy, and a row with such a run no mean and no verdict; †: means with runs that ended where they "
           "diverged, not to be compared with those of whole runs\n";
  out +=
      "- sent: by the algorithm; measured: sent besides to measure Ξ, of it 'to decide' what policies asked for, the rest for the record "
      "only\n";
  if (any_row(table, [](const GapRow& row) { return row.published.accuracy || row.published.difference; }))
    out += "- published values are quoted with the status of their source; 'unverified' is not what the paper is known to report\n";
  return out + missed_targets(table) + missing_text(table);
}

}  // namespace

std::string gap_markdown(const GapTable& table) {
  std::string out = fmt::format("## {}: gap to {}\n\n", table.sweep, table.baseline.empty() ? "a baseline" : table.baseline);
  if (table.groups.empty()) return out + "no runs\n";
  if (telling_axes(table).size() < table.groups.front().axes.size()) {
    Axes common;
    const auto telling = telling_axes(table);
    for (std::size_t k = 0; k < table.groups.front().axes.size(); ++k)
      if (std::count(telling.begin(), telling.end(), k) == 0) common.push_back(table.groups.front().axes[k]);
    if (const auto text = cell_text(common); !text.empty()) out += text + "\n\n";
  }
  return out + fmt::format("{}\n{}\n{}", accuracy_table(table), cost_table(table), notes(table));
}

}  // namespace xib
