#include "harness/gap/gap_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "harness/core/nan.hpp"
#include "harness/gap/holm.hpp"
#include "harness/sweep/looks.hpp"

namespace xib {
namespace {

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool axes_less(const Axes& a, const Axes& b) {
  for (std::size_t k = 0; k < a.size() && k < b.size(); ++k) {
    if (a[k].second == b[k].second) continue;
    const auto x = as_number(a[k].second), y = as_number(b[k].second);
    if (x && y) return *x < *y;
    return a[k].second < b[k].second;
  }
  return false;
}

bool has_any(const Axes& axes) {
  return std::any_of(axes.begin(), axes.end(), [](const auto& axis) { return axis.second == kAnyValue; });
}

bool agree(const Axes& a, const Axes& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k].second != b[k].second && a[k].second != kAnyValue && b[k].second != kAnyValue) return false;
  return true;
}

// The cells: every combination of values that a run states; one with open values only where no stated cell agrees with it.
std::vector<Axes> cells_of(const std::vector<FinishedRun>& runs) {
  std::vector<Axes> cells;
  for (const bool open : {false, true})
    for (const auto& run : runs) {
      if (has_any(run.axes) != open) continue;
      const auto same = [&](const Axes& cell) { return open ? agree(cell, run.axes) : cell == run.axes; };
      if (std::none_of(cells.begin(), cells.end(), same)) cells.push_back(run.axes);
    }
  std::stable_sort(cells.begin(), cells.end(), axes_less);
  return cells;
}

std::vector<std::string> variant_order(const std::vector<FinishedRun>& runs, const Sweep& sweep) {
  std::vector<std::string> order = sweep.variants;
  for (const auto& run : runs)
    if (std::count(order.begin(), order.end(), run.variant) == 0) order.push_back(run.variant);
  return order;
}

double mean_over(const std::vector<FinishedRun>& runs, const std::function<double(const FinishedRun&)>& value) {
  std::vector<double> values;
  for (const auto& run : runs) values.push_back(value(run));
  return spread_of(values).mean;
}

std::vector<double> mean_distance_max(const std::vector<FinishedRun>& runs) {
  std::size_t phases = 0;
  for (const auto& run : runs) phases = std::max(phases, run.distance_max.size());
  std::vector<double> means;
  for (std::size_t k = 0; k < phases; ++k)
    means.push_back(mean_over(runs, [&](const FinishedRun& run) { return k < run.distance_max.size() ? run.distance_max[k] : kNaN; }));
  return means;
}

void set_measurement(GapRow& row, const FinishedRun& run) {
  if (run.config_json.empty()) return;
  const Settings settings = settings_of(run.config_json);
  const auto value = [&](const char* key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string() : found->second;
  };
  row.gauge = value("control.gauge");
  if (const auto every = as_number(value("control.measure_every"))) row.measure_every = static_cast<std::int64_t>(*every);
}

GapRow summarize_row(const std::string& variant, std::vector<FinishedRun> runs, const Sweep& sweep) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.seed < b.seed; });
  GapRow row;
  row.variant = variant;
  row.is_baseline = variant == sweep.baseline && !sweep.baseline.empty();
  std::vector<double> scores;
  for (const auto& run : runs) scores.push_back(run.score);
  row.score = spread_of(scores);
  row.score_nodes_mean = mean_over(runs, [](const auto& run) { return run.score_nodes_mean; });
  row.score_nodes_worst = runs.front().score_nodes_worst;
  for (const auto& run : runs) {
    const double worst = row.score_nodes_worst, other = run.score_nodes_worst;  // one run without the measurement (NaN) leaves the worst node unknown
    row.score_nodes_worst = std::isnan(worst) || std::isnan(other) ? worst + other : run.metric.worse(worst, other);
    row.diverged += run.diverged;
    row.target_missed_steps += run.target_missed_steps;
  }
  row.rounds = mean_over(runs, [](const auto& run) { return static_cast<double>(run.rounds); });
  row.bytes_sent = mean_over(runs, [](const auto& run) { return static_cast<double>(run.bytes_sent); });
  row.gauge_bytes_sent = mean_over(runs, [](const auto& run) { return static_cast<double>(run.gauge_bytes_sent); });
  row.gauge_bytes_to_decide = mean_over(runs, [](const auto& run) { return run.decision_bytes_sent; });
  row.gauge_bytes_to_record = row.gauge_bytes_sent - row.gauge_bytes_to_decide;
  row.traffic = {mean_over(runs, [](const auto& run) { return run.traffic.messages; }),
                 mean_over(runs, [](const auto& run) { return run.traffic.serial_messages; }),
                 mean_over(runs, [](const auto& run) { return run.traffic.serial_bytes; })};
  row.wall_s = mean_over(runs, [](const auto& run) { return run.wall_s; });
  row.distance_max = mean_distance_max(runs);
  set_measurement(row, runs.front());
  row.runs = std::move(runs);
  return row;
}

std::string diverged_text(const GapRow& row) { return fmt::format("{} of {} runs of {} diverged", row.diverged, row.runs.size(), row.variant); }

// Scores of the seeds that all rows have, one vector per row.
std::vector<std::vector<double>> by_seed(const std::vector<const GapRow*>& rows) {
  std::vector<std::vector<double>> scores(rows.size());
  for (const auto& run : rows.front()->runs) {
    std::vector<double> of_seed;
    for (const auto* row : rows)
      for (const auto& other : row->runs)
        if (other.seed == run.seed) of_seed.push_back(other.score);
    if (of_seed.size() != rows.size()) continue;
    for (std::size_t k = 0; k < rows.size(); ++k) scores[k].push_back(of_seed[k]);
  }
  return scores;
}

Paired pair_by_seed(const GapRow& row, const GapRow& other, const Sweep& sweep, const Metric& metric, const Looks& looks) {
  const auto scores = by_seed({&row, &other});
  Paired paired = compare_paired(scores[0], scores[1], sweep.delta, metric, looks);
  set_p(paired, looks);
  if (row.diverged > 0 || other.diverged > 0) {
    paired.verdict = Verdict::diverged;
    paired.why = diverged_text(row.diverged > 0 ? row : other) + ": they have no final " + metric.label();
  }
  return paired;
}

// The same runs against the same runs are one comparison, in whatever cells they stand: a variant outside of the axes stands in all.
std::string comparison_of(const GapRow& row, const GapRow& other) {
  std::string key;
  for (const auto& run : row.runs) key += run.id + ",";
  for (const auto& run : other.runs) key += "/" + run.id;
  return key;
}

GapContrast contrast_of(const Contrast& asked, const GapGroup& group, const GapRow* baseline, const Sweep& sweep, const Metric& metric, const Looks& looks) {
  const auto row_of = [&](const std::string& variant) {
    const auto found = std::find_if(group.rows.begin(), group.rows.end(), [&](const auto& row) { return row.variant == variant; });
    GapRow none;
    none.variant = variant;
    return found == group.rows.end() ? none : *found;
  };
  const GapRow arm = row_of(asked.arm), against = row_of(asked.against);
  GapContrast contrast{
      asked.arm, asked.against, pair_by_seed(arm, against, sweep, metric, looks), std::nullopt, arm.diverged + against.diverged, comparison_of(arm, against)};
  if (!baseline) return contrast;
  const auto scores = by_seed({&arm, &against, baseline});
  contrast.share = share_of_gap(scores[0], scores[1], scores[2], looks);
  if (baseline->diverged > 0) contrast.share->why = diverged_text(*baseline);
  return contrast;
}

GapGroup make_group(const Axes& axes, const std::vector<FinishedRun>& runs, const Sweep& sweep, const PublishedLookup& published, const Looks& looks) {
  GapGroup group{axes, {}, {}};
  for (const auto& variant : variant_order(runs, sweep)) {
    std::vector<FinishedRun> mine;
    for (const auto& run : runs)
      if (run.variant == variant && agree(run.axes, axes)) mine.push_back(run);
    if (!mine.empty()) group.rows.push_back(summarize_row(variant, std::move(mine), sweep));
  }
  const auto baseline = std::find_if(group.rows.begin(), group.rows.end(), [](const auto& row) { return row.is_baseline; });
  for (auto& row : group.rows) {
    const bool compared = baseline != group.rows.end() && !row.is_baseline;
    if (compared) row.paired = pair_by_seed(row, *baseline, sweep, runs.front().metric, looks);
    if (published) row.published = published(row.runs.front(), compared ? &baseline->runs.front() : nullptr);
  }
  for (const auto& asked : sweep.contrasts)
    group.contrasts.push_back(contrast_of(asked, group, baseline == group.rows.end() ? nullptr : &*baseline, sweep, runs.front().metric, looks));
  return group;
}

// With looks an arm gets seeds in their order until it is decided: what is expected of it goes up to the last seed that it has, and to the first look at least.
void leave_out_not_begun(std::vector<ExpectedRun>& expected, const std::vector<FinishedRun>& runs, const Sweep& sweep) {
  if (sweep.looks.empty()) return;
  const auto place = [&](std::int64_t seed) { return std::find(sweep.seeds.begin(), sweep.seeds.end(), seed) - sweep.seeds.begin(); };
  std::erase_if(expected, [&](const ExpectedRun& one) {
    auto last = static_cast<std::ptrdiff_t>(sweep.looks.front()) - 1;
    for (const auto& run : runs)
      if (run.variant == one.variant && agree(run.axes, one.axes)) last = std::max(last, place(run.seed));
    return place(one.seed) > last;
  });
}

// Every variant and seed of the cells that have any run.
std::vector<ExpectedRun> expected_of(const std::vector<GapGroup>& groups, const std::vector<FinishedRun>& runs, const Sweep& sweep) {
  std::set<std::int64_t> seeds(sweep.seeds.begin(), sweep.seeds.end());
  for (const auto& run : runs) seeds.insert(run.seed);
  std::vector<ExpectedRun> expected;
  for (const auto& group : groups)
    for (const auto& variant : variant_order(runs, sweep))
      for (const auto seed : seeds) expected.push_back({group.axes, variant, seed});
  return expected;
}

std::vector<ExpectedRun> missing_of(const std::vector<ExpectedRun>& expected, const std::vector<FinishedRun>& runs) {
  std::vector<ExpectedRun> missing;
  for (const auto& run : expected) {
    const auto is_it = [&](const auto& r) { return r.variant == run.variant && r.seed == run.seed && agree(r.axes, run.axes); };
    if (std::none_of(runs.begin(), runs.end(), is_it)) missing.push_back(run);
  }
  return missing;
}

// Each comparison counts once among those given.
void adjust(const std::vector<std::pair<Paired*, std::string>>& comparisons) {
  std::map<std::string, std::size_t> place;
  std::vector<double> p;
  for (const auto& [paired, key] : comparisons)
    if (place.emplace(key, p.size()).second) p.push_back(paired->verdict == Verdict::diverged ? kNaN : paired->p);
  const auto adjusted = holm(p);
  for (const auto& [paired, key] : comparisons) paired->p_table = adjusted[place.at(key)];
}

// The rows of all cells are one family, the contrasts another: they are asked beforehand, and few.
void adjust_for_table(std::vector<GapGroup>& groups) {
  std::vector<std::pair<Paired*, std::string>> rows, contrasts;
  for (auto& group : groups) {
    const auto baseline = std::find_if(group.rows.begin(), group.rows.end(), [](const auto& row) { return row.is_baseline; });
    for (auto& row : group.rows)
      if (row.paired) rows.emplace_back(&*row.paired, comparison_of(row, *baseline));
    for (auto& contrast : group.contrasts) contrasts.emplace_back(&contrast.paired, contrast.comparison);
  }
  adjust(rows);
  adjust(contrasts);
}

}  // namespace

std::vector<Comparison> comparisons(const GapTable& table) {
  std::vector<Comparison> all;
  for (const auto& group : table.groups) {
    for (const auto& row : group.rows)
      if (row.paired && !is_reference(row.variant)) all.push_back({*row.paired, group.axes, row.variant, table.baseline});
    for (const auto& contrast : group.contrasts) all.push_back({contrast.paired, group.axes, contrast.arm, contrast.against, true});
  }
  return all;
}

bool distance_is_exact(const GapRow& row) { return (row.gauge.empty() || row.gauge == "exact") && row.measure_every <= 1; }

GapTable gap_table(std::vector<FinishedRun> runs, const Sweep& sweep, const std::vector<ExpectedRun>& plan, const PublishedLookup& published) {
  for (auto& run : runs)
    if (run.diverged) run.score = run.score_nodes_mean = run.score_nodes_worst = kNaN;
  GapTable table{.sweep = sweep.name,
                 .baseline = sweep.baseline,
                 .metric = runs.empty() ? top1_accuracy() : runs.front().metric,
                 .delta = sweep.delta,
                 .delta_from = sweep.delta_from,
                 .groups = {},
                 .missing = {},
                 .resolution = {},
                 .network = {},
                 .looks = Looks(sweep.looks),
                 .seeds_added = {}};
  for (const auto& axes : cells_of(runs)) table.groups.push_back(make_group(axes, runs, sweep, published, table.looks));
  adjust_for_table(table.groups);
  auto expected = plan.empty() ? expected_of(table.groups, runs, sweep) : plan;
  leave_out_not_begun(expected, runs, sweep);
  table.missing = missing_of(expected, runs);
  table.resolution = resolution_of(table.groups, sweep.delta, table.looks);
  return table;
}

}  // namespace xib
