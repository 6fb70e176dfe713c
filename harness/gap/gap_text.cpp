#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/gap/gap_lines.hpp"

namespace xib {
namespace {

// Name of a key for readers: topology.name is the topology.
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

// One markdown table: the axes, the variant, then what `columns` makes of each row.
std::string make_table(const GapTable& table, Line header, const std::function<Line(const GapRow&)>& columns, std::size_t text_columns) {
  const auto axes = distinguishing_axes(table.groups);
  Line head;
  for (const auto k : axes) head.push_back(short_name(table, k));
  head.push_back("variant");
  head.insert(head.end(), header.begin(), header.end());
  std::vector<Line> lines{std::move(head)};
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      Line line;
      for (const auto k : axes) line.push_back(shown(group.axes[k].second));
      line.push_back(row.variant.empty() ? "(none)" : shown(row.variant));
      for (auto& cell : columns(row)) line.push_back(std::move(cell));
      lines.push_back(std::move(line));
    }
  return aligned(lines, axes.size() + 1 + text_columns);
}

std::string with_status(const std::string& text, const PublishedValue& published) { return fmt::format("{} ({})", text, published.status); }

std::string score_table(const GapTable& table) {
  const bool published = any_row(table, [](const GapRow& row) { return row.published.accuracy.has_value(); });
  const bool differences = any_row(table, [](const GapRow& row) { return row.published.difference.has_value(); });
  Line header{"verdict", "seeds", Metric::with_unit(table.metric.label(), table.metric.symbol()), "difference"};
  if (differences) header.push_back("published difference");
  header.insert(header.end(), {"95 % interval", "ρ"});
  if (published) header.push_back("published %");
  return make_table(
      table, header,
      [&](const GapRow& row) {
        const bool compared = row.paired.has_value();
        Line line{verdict_text(row, table.delta), std::to_string(row.score.n), with_spread(row.score, table.metric),
                  compared ? with_sign(row.paired->difference.mean, table.metric) : "-"};
        const auto& [quoted, quoted_difference] = row.published;
        if (differences) line.push_back(quoted_difference ? with_status(with_sign(quoted_difference->value, table.metric), *quoted_difference) : "-");
        line.push_back(compared ? range(row.paired->interval, table.metric) : "-");
        line.push_back(compared ? fixed(row.paired->rho, 2) : "-");
        if (published) line.push_back(quoted ? with_status(with_spread({2, quoted->value, quoted->spread}, table.metric), *quoted) : "-");
        return line;
      },
      1);
}

// The [[contrast]]s of all cells; "" where none are asked.
std::string contrast_table(const GapTable& table) {
  const auto axes = distinguishing_axes(table.groups);
  Line head;
  for (const auto k : axes) head.push_back(short_name(table, k));
  head.insert(head.end(), {"arm", "against", "verdict", "seeds", "difference", "95 % interval", "share of the gap closed", "95 % interval (Fieller)"});
  std::vector<Line> lines{std::move(head)};
  for (const auto& group : table.groups)
    for (const auto& contrast : group.contrasts) {
      const Share share = contrast.share.value_or(Share{});
      Line line;
      for (const auto k : axes) line.push_back(shown(group.axes[k].second));
      line.insert(line.end(),
                  {shown(contrast.arm), shown(contrast.against), verdict_text(contrast, table.delta), std::to_string(contrast.paired.difference.n),
                   with_sign(contrast.paired.difference.mean, table.metric), range(contrast.paired.interval, table.metric), fixed(share.estimate, 2),
                   std::isfinite(share.interval.low) ? fmt::format("{:.2f} to {:.2f}", share.interval.low, share.interval.high) : "-"});
      lines.push_back(std::move(line));
    }
  return lines.size() == 1 ? "" : aligned(lines, axes.size() + 3) + "\n";
}

std::string seconds(double value) { return std::isfinite(value) ? fmt::format("{:.3g} s", value) : "-"; }

std::string cost_table(const GapTable& table) {
  std::size_t phases = 0;
  any_row(table, [&](const GapRow& row) { return phases = std::max(phases, row.distance_max.size()), false; });
  Line header{"rounds",
              "messages",
              "sent",
              "modelled",
              "measured",
              "to decide",
              "wall",
              Metric::with_unit("node mean", table.metric.symbol()),
              Metric::with_unit("worst node", table.metric.symbol())};
  for (std::size_t k = 1; k <= phases; ++k) header.push_back(fmt::format("max Ξ, phase {}", k));
  return make_table(
      table, header,
      [&](const GapRow& row) {
        const auto cost = [&](const std::string& text) { return row.diverged > 0 && text != "-" ? text + " †" : text; };
        Line line{cost(scaled(row.rounds)),
                  cost(scaled(row.traffic.messages)),
                  cost(scaled(row.bytes_sent, "B")),
                  cost(seconds(modelled_seconds(row.traffic, table.network))),
                  cost(scaled(row.gauge_bytes_sent, "B")),
                  cost(scaled(row.gauge_bytes_to_decide, "B")),
                  cost(std::isfinite(row.wall_s) ? fmt::format("{:.1f} s", row.wall_s) : "-"),
                  score_text(row.score_nodes_mean, table.metric),
                  score_text(row.score_nodes_worst, table.metric)};
        const char* mark = distance_is_exact(row) ? "" : " ‡";
        for (std::size_t k = 0; k < phases; ++k)
          line.push_back(k < row.distance_max.size() && std::isfinite(row.distance_max[k]) ? fmt::format("{:.3g}{}", row.distance_max[k], mark) : "-");
        return line;
      },
      0);
}

}  // namespace

std::string gap_markdown(const GapTable& table) {
  std::string out = fmt::format("## {}: gap to {}\n\n", shown(table.sweep), table.baseline.empty() ? "a baseline" : shown(table.baseline));
  if (table.groups.empty()) return out + "no runs\n";
  if (distinguishing_axes(table.groups).size() < table.groups.front().axes.size()) {
    Axes common;
    const auto telling = distinguishing_axes(table.groups);
    for (std::size_t k = 0; k < table.groups.front().axes.size(); ++k)
      if (std::count(telling.begin(), telling.end(), k) == 0) common.push_back(table.groups.front().axes[k]);
    if (const auto text = cell_text(common); !text.empty()) out += text + "\n\n";
  }
  return out + fmt::format("{}\n{}{}\n{}", score_table(table), contrast_table(table), cost_table(table), gap_notes(table));
}

}  // namespace xib
