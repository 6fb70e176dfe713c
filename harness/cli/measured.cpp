#include "harness/cli/measured.hpp"

#include <algorithm>

namespace xib {

double Measured::quantile(double q) const {
  const double at = q * static_cast<double>(seconds.size() - 1);
  const auto below = static_cast<std::size_t>(at), above = std::min(below + 1, seconds.size() - 1);
  return seconds[below] + (at - static_cast<double>(below)) * (seconds[above] - seconds[below]);
}

void add_estimates(std::vector<Measured>& all) {
  std::map<std::pair<const PlannedRun*, int>, double> seconds;
  for (auto& m : all) {
    for (const StepRow& row : m.measurement.steps) m.seconds.push_back(row.wall_s);
    std::sort(m.seconds.begin(), m.seconds.end());
    seconds[{m.run, m.measurement.threads}] += m.quantile(0.5) * static_cast<double>(m.measurement.phase_steps);
  }
  for (auto& m : all) m.run_s = seconds[{m.run, m.measurement.threads}];
}

std::map<int, double> seconds_per_step(const std::vector<Measured>& all) {
  std::map<int, double> seconds, steps;
  for (const auto& m : all) {
    seconds[m.measurement.threads] += m.quantile(0.5) * static_cast<double>(m.measurement.phase_steps);
    steps[m.measurement.threads] += static_cast<double>(m.measurement.phase_steps);
  }
  for (auto& [threads, s] : seconds) s /= steps[threads];
  return seconds;
}

std::vector<float> median_by_rank(const std::vector<float>& rows, std::size_t ranks) {
  std::vector<float> medians;
  for (std::size_t r = 0; r < ranks; ++r) {
    std::vector<float> column;
    for (std::size_t at = r; at < rows.size(); at += ranks) column.push_back(rows[at]);
    std::nth_element(column.begin(), column.begin() + std::ssize(column) / 2, column.end());
    medians.push_back(column[column.size() / 2]);
  }
  return medians;
}

}  // namespace xib
