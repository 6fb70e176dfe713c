#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>

#include "harness/gap/gap_lines.hpp"

namespace xib {
namespace {

// A run that diverged early has none, but had one to reach.
bool has_score(const GapTable& table) {
  return any_row(table, [](const GapRow& row) {
    return row.diverged > 0 || std::any_of(row.runs.begin(), row.runs.end(), [](const auto& run) { return std::isfinite(run.score); });
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

// Statement about the table as a whole: any false word among all has at most the rate that one row alone has.
std::string words_of_table(const GapTable& table) {
  int words = 0, held = 0;
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      if (!row.paired || (row.paired->verdict != Verdict::gap && row.paired->verdict != Verdict::no_gap)) continue;
      ++words;
      held += verdict_of_table(*row.paired) == row.paired->verdict;
    }
  if (words == 0) return "";
  const std::string rest = held == words ? ""
                                         : fmt::format("; {} of {} verdicts hold{} for {} row only", words - held, words, words - held == 1 ? "s" : "",
                                                       words - held == 1 ? "its" : "their");
  return fmt::format("- *: the verdict holds for all rows together (Holm: 5 % for any false verdict in the table){}\n", rest);
}

// Which comparisons are decided at which look, and which are open.
std::string looks_text(const GapTable& table) {
  if (!table.looks.planned() && table.seeds_added.size() > 1)
    return fmt::format(
        "- seeds were added: runs were made for {} seeds one after another, and no looks were planned. Verdicts hold for a number of seeds that was fixed before "
        "the first look (xibench run --until-decided plans looks)\n",
        fmt::join(table.seeds_added, ", "));
  if (!table.looks.planned()) return "";
  std::map<std::pair<bool, int>, std::vector<std::string>> at;  // (open, look) -> comparisons
  for (const auto& [paired, axes, arm, against, is_contrast] : comparisons(table)) {
    if (paired.verdict == Verdict::diverged) continue;
    const std::string name = is_contrast ? fmt::format("{} against {}", shown(arm), shown(against)) : shown(arm);
    at[{paired.verdict == Verdict::undecided, paired.look}].push_back(in_cell(name, axes));
  }
  std::string out = fmt::format(
      "- looks: planned at {} seeds; each interval is so wide that it holds at all looks together, and verdicts and p values follow from it "
      "(harness/gap/README.md)\n",
      fmt::join(table.looks.pairs(), ", "));
  for (const auto& [when, names] : at) {
    const auto& [open, look] = when;
    const std::string which = look == 0 ? "outside of the looks" : fmt::format("at look {} of {}", look, table.looks.size());
    out += fmt::format("- {} {}: {}\n", open ? "open" : "decided", which, fmt::join(names, "; "));
  }
  return out;
}

std::string amount(double difference, const Metric& metric) {
  return Metric::with_unit(metric.unit == "percent" ? fixed(difference, 2) : fmt::format("{:.3g}", difference), metric.points());
}

std::string resolution_text(const GapTable& table) {
  if (!table.resolution) {
    if (!has_score(table)) return fmt::format("- these runs have no final {}: nothing was evaluated on a test set\n", table.metric.label());
    const bool diverged = any_row(table, [](const GapRow& row) { return row.diverged > 0; });
    return diverged ? "- no differences can be shown: runs have diverged, and too few seeds have a result in both arms\n"
                    : "- no differences can be shown with one seed in both arms: run more seeds\n";
  }
  const Resolution& r = *table.resolution;
  std::string out = fmt::format("- what {} seeds resolve: the standard deviation of paired differences is {}, so the 95 % interval is ± {}", r.seeds,
                                amount(r.sd, table.metric), amount(r.half_width, table.metric));
  if (!(table.delta > 0)) return out + "\n";
  if (r.half_width <= table.delta) return out + fmt::format(", within delta = {}\n", table.delta);
  if (r.seeds_for_delta == 0 && table.looks.planned()) return out + fmt::format("; delta = {} would need more seeds than are planned\n", table.delta);
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
      out += fmt::format("- target missed: {}{}{}: in {} step{} control.max_rounds was too low\n", shown(row.variant), cell.empty() ? "" : ", ", cell,
                         row.target_missed_steps, row.target_missed_steps == 1 ? "" : "s");
    }
  return out;
}

std::string missing_text(const GapTable& table) {
  std::string out;
  constexpr std::size_t most = 12;
  for (std::size_t k = 0; k < table.missing.size() && k < most; ++k) {
    const auto& run = table.missing[k];
    const std::string cell = cell_text(run.axes);
    out += fmt::format("- missing: {}seed {}{}\n", run.variant.empty() ? "" : shown(run.variant) + ", ", run.seed, cell.empty() ? "" : ", " + cell);
  }
  if (table.missing.size() > most) out += fmt::format("- missing: {} more\n", table.missing.size() - most);
  return out;
}

// Rows whose max Ξ was not measured exactly in every step.
std::string measured_otherwise(const GapTable& table) {
  std::string out;
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      if (distance_is_exact(row) || std::none_of(row.distance_max.begin(), row.distance_max.end(), [](double x) { return std::isfinite(x); })) continue;
      const std::string cell = cell_text(group.axes);
      const std::string how = row.gauge.empty() || row.gauge == "exact" ? "measured exactly" : fmt::format("estimated by {}", shown(row.gauge));
      const std::string when = row.measure_every > 1 ? fmt::format(" in one of {} steps", row.measure_every) : "";
      out += fmt::format("- ‡: max Ξ of {}{}{} is the largest value {}{}, not the exact maximum of all steps\n", shown(row.variant), cell.empty() ? "" : ", ",
                         cell, how, when);
    }
  return out;
}

std::string contrast_notes(const GapTable& table) {
  std::vector<std::string> reasons;
  bool any = false;
  for (const auto& group : table.groups)
    for (const auto& contrast : group.contrasts) {
      any = true;
      if (!contrast.share || contrast.share->why.empty()) continue;
      const std::string cell = cell_text(group.axes);
      reasons.push_back(fmt::format("- no interval of the share of {} against {}{}{}: {}\n", shown(contrast.arm), shown(contrast.against),
                                    cell.empty() ? "" : ", ", cell, shown(contrast.share->why)));
    }
  if (!any) return "";
  std::string out = fmt::format(
      "- contrasts of the sweep: arm - against, paired by seed, with verdicts as above (better, worse; * holds among the contrasts); "
      "share: (arm - against) / ({} - against)\n",
      table.baseline.empty() ? "baseline" : shown(table.baseline));
  for (const auto& reason : reasons) out += reason;
  return out;
}

}  // namespace

std::string gap_notes(const GapTable& table) {
  const Metric& metric = table.metric;
  std::string out = fmt::format("- {}: the mean model on the test set at the last evaluation, mean ± standard deviation over seeds; {} is better\n",
                                metric.label(), metric.better);
  if (!table.baseline.empty()) {
    out += fmt::format("- difference: to '{}', paired by seed{}{}; ρ: correlation of the two arms over seeds\n", shown(table.baseline),
                       metric.points().empty() ? "" : ", in " + metric.points(), metric.higher_is_better() ? "" : ", above 0: worse");
    if (table.delta > 0)
      out += fmt::format(
          "- delta = {}, the margin of a gap; gap: the 95 % interval lies outside of ± {}, no gap: inside, "
          "undecided: neither; a verdict of a row is false in at most 5 % of the cases\n",
          Metric::with_unit(fmt::format("{}", table.delta), metric.points()), table.delta);
    if (!table.delta_from.empty()) out += fmt::format("- delta is that of {}\n", shown(table.delta_from));
    out += looks_text(table) + words_of_table(table) + undecided_reasons(table) + resolution_text(table);
  } else {
    out += "- no differences: no [[variant]] of the sweep has baseline = true\n";
  }
  out += contrast_notes(table);
  if (any_row(table, [](const GapRow& row) { return row.diverged > 0; }))
    out += fmt::format(
        "- diverged: a run that diverged has no final {}, and its row has no mean and no verdict; †: mean that includes runs that ended where they "
        "diverged, so do not compare it with means of whole runs\n",
        metric.label());
  out +=
      "- sent: bytes of the algorithm; measured: further bytes to measure Ξ; to decide: the part of them that policies needed (the rest is for the "
      "record)\n";
  out += fmt::format(
      "- messages: with one node per rank, and an all-reduce as a ring in 2 (n - 1) rounds; modelled: time of the network for the busiest node of every round, at {:.3g} µs per "
      "message and {:.3g} GB/s (--latency, --bandwidth; harness/gap/README.md)\n",
      1e6 * table.network.latency_s, 1e-9 * table.network.bandwidth);
  out += measured_otherwise(table);
  if (table.copies > 0)
    out +=
        fmt::format("- {} file{} left out: {} of runs in other files\n", table.copies, table.copies == 1 ? "" : "s", table.copies == 1 ? "a copy" : "copies");
  if (any_row(table, [](const GapRow& row) { return row.published.accuracy || row.published.difference; }))
    out += "- published values have the status of their source; 'unverified' means that nobody has compared the value with the paper\n";
  return out + missed_targets(table) + missing_text(table);
}

}  // namespace xib
