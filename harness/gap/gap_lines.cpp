#include "harness/gap/gap_lines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string_view>

#include "harness/core/text.hpp"

namespace xib {

std::string fixed(double value, int decimals) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-"; }
static bool is_percentage(const Metric& metric) { return metric.unit == "percent"; }

std::string with_sign(double value, const Metric& metric) {
  if (!std::isfinite(value)) return "-";
  return is_percentage(metric) ? fmt::format("{:+.2f}", value) : fmt::format("{:+.3g}", value);
}

std::string scaled(double value, const char* unit) {
  if (!std::isfinite(value)) return "-";
  return value >= 9999.5 ? with_prefix(value, unit) : fmt::format("{:.0f}{}{}", value, *unit ? " " : "", unit);
}

std::string score_text(double value, const Metric& metric) {
  if (!std::isfinite(value)) return "-";
  return is_percentage(metric) ? fixed(value, 2) : fmt::format("{:.4g}", value);
}

std::string with_spread(const Spread& s, const Metric& metric) {
  std::string mean = score_text(s.mean, metric);
  if (!std::isfinite(s.sd)) return mean;
  return fmt::format("{} ± {}", mean, is_percentage(metric) ? fixed(s.sd, 2) : fmt::format("{:.2g}", s.sd));
}

std::string range(const ConfidenceInterval& i, const Metric& metric) {
  return std::isfinite(i.low) ? with_sign(i.low, metric) + " to " + with_sign(i.high, metric) : "-";
}

std::string shown(const std::string& name) {
  std::string out;
  for (const char c : printable(name)) out += (std::string_view("\\|`$*<[").find(c) != std::string_view::npos ? "\\" : "") + std::string(1, c);
  return out;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string cell_text(const Axes& axes) {
  Line parts;
  for (const auto& [key, value] : axes)
    if (value != kAnyValue) parts.push_back(fmt::format("{} = {}", shown(key), shown(value)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string in_cell(std::string name, const Axes& axes) {
  if (const std::string cell = cell_text(axes); !cell.empty()) name += " (" + cell + ")";
  return name;
}

std::string verdict_text(const GapRow& row, double delta) {
  std::string diverged = row.diverged > 0 ? fmt::format("{} of {} diverged", row.diverged, row.runs.size()) : "";
  if (row.is_baseline) return diverged.empty() ? "baseline" : diverged + ", baseline";
  if (!row.paired) return diverged.empty() ? "no baseline" : diverged + ", no baseline";
  if (!diverged.empty()) return diverged;
  const Paired& paired = *row.paired;
  if (paired.verdict == Verdict::diverged) return "baseline diverged";
  const std::string mark = verdict_of_table(paired) == paired.verdict ? " *" : "";
  if (paired.verdict == Verdict::no_gap) return fmt::format("no gap larger than {}{}", delta, mark);
  if (paired.verdict == Verdict::gap) return (paired.worse ? "gap" : "gap (better)") + mark;
  return std::string(name(paired.verdict));
}

// Neither arm is the baseline, so it is no gap to it.
std::string verdict_text(const GapContrast& contrast, double delta) {
  const Paired& paired = contrast.paired;
  const std::string mark = verdict_of_table(paired) == paired.verdict ? " *" : "";
  if (paired.verdict == Verdict::no_gap) return fmt::format("no difference larger than {}{}", delta, mark);
  if (paired.verdict == Verdict::gap) return (paired.worse ? "worse" : "better") + mark;
  return std::string(name(paired.verdict));
}

std::string aligned(const std::vector<Line>& lines, std::size_t left) {
  std::vector<std::size_t> widths(lines.front().size(), 3);
  for (const auto& line : lines)
    for (std::size_t k = 0; k < line.size(); ++k) widths[k] = std::max(widths[k], display_width(line[k]));
  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    for (std::size_t k = 0; k < widths.size(); ++k) {
      const std::string pad(widths[k] - display_width(lines[row][k]), ' ');
      out += k < left ? fmt::format("| {}{} ", lines[row][k], pad) : fmt::format("| {}{} ", pad, lines[row][k]);
    }
    out += "|\n";
    if (row > 0) continue;
    for (std::size_t k = 0; k < widths.size(); ++k) out += fmt::format("|{}{}", std::string(widths[k] + 1, '-'), k < left ? "-" : ":");
    out += "|\n";
  }
  return out;
}

}  // namespace xib
