#include "harness/gap/cost_table.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace xib {
namespace {

bool reaches(double score, double target, const Metric& metric) { return metric.higher_is_better() ? score >= target : score <= target; }

Spread spread_over(const GapRow& row, const std::map<std::string, RunCost>& costs, const std::function<double(const RunCost&)>& value) {
  std::vector<double> values;
  for (const auto& run : row.runs) values.push_back(value(costs.at(run.id)));
  return spread_of(values);
}

double final_score(const RunCost& run) { return run.end.score; }

// The baseline's mean score at the end, less the margin; NaN: there is none to take.
double target_of(const GapGroup& group, const std::map<std::string, RunCost>& costs, double delta, const Metric& metric) {
  for (const auto& row : group.rows)
    if (row.is_baseline && delta > 0) return spread_over(row, costs, final_score).mean + (metric.higher_is_better() ? -delta : delta);
  return kNaN;
}

class Seconds {
 public:
  Seconds(const CostQuestion& question) : q_(question) {}
  double compute(const RunCost& run) const { return std::isnan(q_.compute_s) ? run.compute_s : q_.compute_s; }
  double network(const RunTraffic& traffic) const { return modelled_seconds(traffic, q_.network); }
  double all(const RunCost& run, const CostAt& at) const { return static_cast<double>(at.steps) * compute(run) + network(at.mixing) + network(at.decision); }

 private:
  const CostQuestion& q_;
};

CostRow make_row(const GapRow& row, const std::map<std::string, RunCost>& costs, const CostQuestion& question, double target) {
  const Seconds seconds(question);
  const auto spread = [&](const std::function<double(const RunCost&)>& value) { return spread_over(row, costs, value); };
  const auto per_step = [](double all, const RunCost& run) { return all / static_cast<double>(run.end.steps); };
  const auto first = [&](const RunCost& run) {
    const auto found =
        std::find_if(run.evaluations.begin(), run.evaluations.end(), [&](const CostAt& at) { return reaches(at.score, target, question.metric); });
    return found == run.evaluations.end() ? nullptr : &*found;
  };
  const auto at_target = [&](const std::function<double(const RunCost&, const CostAt&)>& value) {
    return spread([&](const RunCost& run) { return first(run) ? value(run, *first(run)) : kNaN; });
  };
  return {.variant = row.variant,
          .is_baseline = row.is_baseline,
          .nodes = costs.at(row.runs.front().id).nodes,
          .runs = static_cast<int>(row.runs.size()),
          .diverged = row.diverged,
          .score = spread(final_score),
          .compute_s = spread([&](const RunCost& run) { return seconds.compute(run); }),
          .mixing_s = spread([&](const RunCost& run) { return per_step(seconds.network(run.end.mixing), run); }),
          .decision_s = spread([&](const RunCost& run) { return per_step(seconds.network(run.end.decision), run); }),
          .step_s = spread([&](const RunCost& run) { return per_step(seconds.all(run, run.end), run); }),
          .network_s = spread([&](const RunCost& run) { return seconds.network(run.end.mixing) + seconds.network(run.end.decision); }),
          .bytes = spread([](const RunCost& run) { return run.end.bytes; }),
          .reached = static_cast<int>(std::count_if(row.runs.begin(), row.runs.end(), [&](const auto& run) { return first(costs.at(run.id)) != nullptr; })),
          .target_steps = at_target([](const RunCost&, const CostAt& at) { return static_cast<double>(at.steps); }),
          .target_s = at_target([&](const RunCost& run, const CostAt& at) { return seconds.all(run, at); }),
          .target_bytes = at_target([](const RunCost&, const CostAt& at) { return at.bytes; })};
}

}  // namespace

const CostRow* CostGroup::fastest() const {
  const CostRow* best = nullptr;
  for (const auto& row : rows)
    if (std::isfinite(row.target_s.mean) && (!best || row.target_s.mean < best->target_s.mean)) best = &row;
  return best;
}

CostTable cost_table(const GapTable& gap, const std::map<std::string, RunCost>& costs, const CostQuestion& question) {
  CostTable table{.sweep = gap.sweep, .baseline = gap.baseline, .question = question, .delta = gap.delta, .machines = {}, .groups = {}};
  std::set<std::string> machines;
  for (const auto& group : gap.groups) {
    CostGroup& made = table.groups.emplace_back(CostGroup{.axes = group.axes, .target = question.target, .rows = {}});
    if (std::isnan(made.target)) made.target = target_of(group, costs, gap.delta, question.metric);
    for (const auto& row : group.rows) {
      made.rows.push_back(make_row(row, costs, question, made.target));
      for (const auto& run : row.runs) machines.insert(costs.at(run.id).machine);
    }
  }
  machines.erase("");
  table.machines.assign(machines.begin(), machines.end());
  return table;
}

}  // namespace xib
