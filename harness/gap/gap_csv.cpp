#include <fmt/format.h>

#include <cmath>

#include "harness/gap/gap_table.hpp"

namespace xib {
namespace {

std::string quoted(const std::string& text) {  // RFC 4180
  if (text.find_first_of("\",\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string plain(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string joined(const std::vector<double>& values) {
  std::string out;
  for (std::size_t k = 0; k < values.size(); ++k) {
    out += k ? ";" : "";
    out += plain(values[k]);
  }
  return out;
}

// Name and value of every column behind the axes.
std::vector<std::pair<std::string, std::string>> columns_of(const GapTable& table, const GapRow& row) {
  const Paired p = row.paired.value_or(Paired{});
  const PublishedValue published = row.published.accuracy.value_or(PublishedValue{});
  const PublishedValue difference = row.published.difference.value_or(PublishedValue{});
  return {{"variant", row.variant},
          {"baseline", row.is_baseline ? "1" : "0"},
          {"seeds", std::to_string(row.accuracy.n)},
          {"diverged", std::to_string(row.diverged)},
          {"accuracy_mean_percent", plain(row.accuracy.mean)},
          {"accuracy_sd_points", plain(row.accuracy.sd)},
          {"accuracy_nodes_mean_percent", plain(row.accuracy_nodes_mean)},
          {"accuracy_nodes_min_percent", plain(row.accuracy_nodes_min)},
          {"pairs", row.paired ? std::to_string(p.difference.n) : ""},
          {"difference_points", plain(p.difference.mean)},
          {"difference_sd_points", plain(p.difference.sd)},
          {"interval_95_low_points", plain(p.interval_95.low)},
          {"interval_95_high_points", plain(p.interval_95.high)},
          {"interval_90_low_points", plain(p.interval_90.low)},
          {"interval_90_high_points", plain(p.interval_90.high)},
          {"rho", plain(p.rho)},
          {"delta_points", table.delta > 0 ? plain(table.delta) : ""},
          {"verdict", row.paired ? std::string(name(p.verdict)) : ""},
          {"why", p.why},
          {"truncated_runs", std::to_string(row.diverged)},
          {"rounds", plain(row.rounds)},
          {"bytes_sent", plain(row.bytes_sent)},
          {"gauge_bytes_sent", plain(row.gauge_bytes_sent)},
          {"gauge_bytes_to_decide", plain(row.gauge_bytes_to_decide)},
          {"gauge_bytes_to_record", plain(row.gauge_bytes_to_record)},
          {"target_missed_steps", std::to_string(row.target_missed_steps)},
          {"wall_s", plain(row.wall_s)},
          {"max_distance_by_phase", joined(row.distance_max)},
          {"published_percent", plain(published.value)},
          {"published_spread", plain(published.spread)},
          {"published_status", published.status},
          {"published_difference_points", plain(difference.value)},
          {"published_difference_status", difference.status}};
}

}  // namespace

std::string gap_csv(const GapTable& table) {
  std::string header, body;
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      std::vector<std::pair<std::string, std::string>> cells = group.axes;
      for (auto& cell : columns_of(table, row)) cells.push_back(std::move(cell));
      header.clear();
      for (std::size_t k = 0; k < cells.size(); ++k) {
        header += k ? "," : "";
        header += quoted(cells[k].first);
        body += k ? "," : "";
        body += quoted(cells[k].second);
      }
      body += "\n";
    }
  return header + "\n" + body;
}

}  // namespace xib
