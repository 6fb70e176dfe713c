#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "harness/gap/gap_lines.hpp"

namespace xib {
namespace {

std::string plain(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string joined(const std::vector<double>& values) {
  std::string out;
  for (std::size_t k = 0; k < values.size(); ++k) {
    out += k ? ";" : "";
    out += plain(values[k]);
  }
  return out;
}

// The unit as the end of a column's name.
std::string ending(const std::string& unit) {
  std::string end;
  for (const char c : unit) end += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return end.empty() ? "" : "_" + end;
}

using Columns = std::vector<std::pair<std::string, std::string>>;

// Name and value of every column behind the axes.
Columns columns_of(const GapTable& table, const GapRow& row) {
  const Paired p = row.paired.value_or(Paired{});
  const std::string name_of_metric = table.metric.name, worst = table.metric.higher_is_better() ? "_nodes_min" : "_nodes_max";
  const std::string unit = ending(table.metric.unit == "1" ? "" : table.metric.unit), points = ending(table.metric.points());
  const PublishedValue published = row.published.accuracy.value_or(PublishedValue{});
  const PublishedValue difference = row.published.difference.value_or(PublishedValue{});
  return {{"variant", row.variant},
          {"baseline", row.is_baseline ? "1" : "0"},
          {"against", row.paired ? table.baseline : ""},
          {"contrast", "0"},
          {"seeds", std::to_string(row.score.n)},
          {"diverged", std::to_string(row.diverged)},
          {name_of_metric + "_mean" + unit, plain(row.score.mean)},
          {name_of_metric + "_sd" + points, plain(row.score.sd)},
          {name_of_metric + "_nodes_mean" + unit, plain(row.score_nodes_mean)},
          {name_of_metric + worst + unit, plain(row.score_nodes_worst)},
          {"pairs", row.paired ? std::to_string(p.difference.n) : ""},
          {"difference" + points, plain(p.difference.mean)},
          {"difference_sd" + points, plain(p.difference.sd)},
          {"interval_95_low" + points, plain(p.interval.low)},
          {"interval_95_high" + points, plain(p.interval.high)},
          {"rho", plain(p.rho)},
          {"delta" + points, table.delta > 0 ? plain(table.delta) : ""},
          {"verdict", row.paired ? std::string(name(p.verdict)) : ""},
          {"why", p.why},
          {"p", plain(p.p)},
          {"p_table", plain(p.p_table)},
          {"verdict_of_table", row.paired ? std::string(name(verdict_of_table(p))) : ""},
          {"truncated_runs", std::to_string(row.diverged)},
          {"rounds", plain(row.rounds)},
          {"bytes_sent", plain(row.bytes_sent)},
          {"messages", plain(row.traffic.messages)},
          {"serial_messages", plain(row.traffic.serial_messages)},
          {"serial_bytes", plain(row.traffic.serial_bytes)},
          {"modelled_s", plain(modelled_seconds(row.traffic, table.network))},
          {"gauge_bytes_sent", plain(row.gauge_bytes_sent)},
          {"gauge_bytes_to_decide", plain(row.gauge_bytes_to_decide)},
          {"gauge_bytes_to_record", plain(row.gauge_bytes_to_record)},
          {"target_missed_steps", std::to_string(row.target_missed_steps)},
          {"wall_s", plain(row.wall_s)},
          {"max_distance_by_phase", joined(row.distance_max)},
          {"distance_gauge", row.gauge},
          {"distance_measured_every", std::to_string(row.measure_every)},
          {"published_percent", plain(published.value)},
          {"published_spread", plain(published.spread)},
          {"published_status", published.status},
          {"published_difference_points", plain(difference.value)},
          {"published_difference_status", difference.status},
          {"share_closed", ""},
          {"share_95_low", ""},
          {"share_95_high", ""},
          {"share_why", ""},
          {"look", p.look > 0 ? std::to_string(p.look) : ""},
          {"looks", table.looks.planned() ? std::to_string(table.looks.size()) : ""},
          {"metric", table.metric.name},
          {"unit", table.metric.unit},
          {"better", table.metric.better}};
}

// Columns of a contrast: those that it shares with a row, and the share of the gap.
Columns columns_of(const GapTable& table, const GapContrast& contrast) {
  GapRow as_row;
  as_row.variant = contrast.arm, as_row.paired = contrast.paired, as_row.diverged = contrast.diverged;
  const std::string points = ending(table.metric.points());
  const std::set<std::string> kept{"variant",
                                   "baseline",
                                   "diverged",
                                   "pairs",
                                   "look",
                                   "looks",
                                   "difference" + points,
                                   "difference_sd" + points,
                                   "interval_95_low" + points,
                                   "interval_95_high" + points,
                                   "rho",
                                   "delta" + points,
                                   "verdict",
                                   "why",
                                   "p",
                                   "p_table",
                                   "verdict_of_table",
                                   "metric",
                                   "unit",
                                   "better"};
  const Share share = contrast.share.value_or(Share{});
  const std::map<std::string, std::string> own{{"against", contrast.against},
                                               {"contrast", "1"},
                                               {"share_closed", plain(share.estimate)},
                                               {"share_95_low", plain(share.interval.low)},
                                               {"share_95_high", plain(share.interval.high)},
                                               {"share_why", share.why}};
  Columns columns = columns_of(table, as_row);
  for (auto& [name, value] : columns)
    if (const auto found = own.find(name); found != own.end())
      value = found->second;
    else if (!kept.contains(name))
      value = "";
  return columns;
}

}  // namespace

std::string gap_csv(const GapTable& table) {
  std::string header, body;
  const auto add = [&](const Axes& axes, Columns columns) {
    columns.insert(columns.begin(), axes.begin(), axes.end());
    header.clear();
    for (std::size_t k = 0; k < columns.size(); ++k) {
      header += k ? "," : "";
      header += csv_field(columns[k].first);
      body += k ? "," : "";
      body += csv_field(columns[k].second);
    }
    body += "\n";
  };
  for (const auto& group : table.groups) {
    for (const auto& row : group.rows) add(group.axes, columns_of(table, row));
    for (const auto& contrast : group.contrasts) add(group.axes, columns_of(table, contrast));
  }
  return header + "\n" + body;
}

}  // namespace xib
