#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "harness/gap/gap_table.hpp"

namespace xib {

// Text of numbers, verdicts and tables in the gap table.

using Line = std::vector<std::string>;

std::string fixed(double value, int decimals);                                // "-" if the value is not finite, here and below
std::string with_sign(double value, const Metric& metric);                    // of a difference: two decimals of points, else three digits
std::string scaled(double value, const char* unit = "");                      // 8960 as it is, then three digits and a decimal prefix: 12 k, 1.72 MB
std::string score_text(double value, const Metric& metric);                   // two decimals of a percentage, else four digits
std::string with_spread(const Spread& spread, const Metric& metric);          // 84.00 ± 4.00, 0.1234 ± 0.0012
std::string range(const ConfidenceInterval& interval, const Metric& metric);  // -2.62 to -1.38
std::string shown(const std::string& name);                                   // a user's name, escaped so that Markdown shows it unchanged, on one line
std::string cell_text(const Axes& axes);                                      // "train.nodes = 8, data.partition = iid"
std::string in_cell(std::string name, const Axes& axes);                      // "ring (train.nodes = 8)"; without axes the name alone
std::string verdict_text(const GapRow& row, double delta);                    // of a row with diverged runs: their number instead of a verdict
std::string verdict_text(const GapContrast& contrast, double delta);
std::string aligned(const std::vector<Line>& lines, std::size_t left);  // a Markdown table; the first `left` columns are text, the others numbers

std::string csv_field(const std::string& text);  // quoted where RFC 4180 asks for it

// Axes that tell groups apart; the others would repeat one value in every row.
template <class Group>
std::vector<std::size_t> distinguishing_axes(const std::vector<Group>& groups) {
  std::vector<std::size_t> telling;
  const std::size_t count = groups.empty() ? 0 : groups.front().axes.size();
  for (std::size_t k = 0; k < count; ++k)
    if (std::any_of(groups.begin(), groups.end(), [&](const auto& g) { return g.axes[k].second != groups.front().axes[k].second; })) telling.push_back(k);
  return telling;
}

template <class Test>
bool any_row(const GapTable& table, Test test) {
  for (const auto& group : table.groups)
    if (std::any_of(group.rows.begin(), group.rows.end(), test)) return true;
  return false;
}

std::string gap_notes(const GapTable& table);  // the lines below the tables

}  // namespace xib
