#include "harness/cli/forecast.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/json_text.hpp"
#include "harness/cli/look_runs.hpp"
#include "harness/core/text.hpp"
#include "harness/gap/gap_lines.hpp"
#include "harness/gap/student.hpp"

namespace xib {
namespace {

constexpr double kUpperFifth = 0.8416212335729143;  // quantile of the normal distribution: a chance of 80 %
constexpr int kFewPairs = 4;

int seeds_to_decide(const Paired& paired, double sd, double delta, const Looks& looks) {
  if (paired.verdict != Verdict::undecided) return paired.look > 0 ? looks.pairs()[static_cast<std::size_t>(paired.look - 1)] : 0;
  const double away = std::abs(std::abs(paired.difference.mean) - delta);
  for (int look = std::max(1, paired.look + 1); look <= looks.size(); ++look) {
    const int n = looks.pairs()[static_cast<std::size_t>(look - 1)];
    if ((student_t_quantile(1 - looks.level(look) / 2, n - 1) + kUpperFifth) * sd / std::sqrt(n) <= away) return n;
  }
  return 0;
}

}  // namespace

Forecasts forecasts(const Sought& sought) {
  const Results results = results_of(sought);
  Forecasts all;
  const Looks looks(results.looks);
  all.looks = results.looks;
  for (int look = 1; look <= looks.size(); ++look) all.levels.push_back(looks.level(look));
  const int most = looks.pairs().back();
  const Plan plan = plan_at(sought, results, most);
  std::set<std::string> there;
  double seconds = 0;
  for (const auto& run : results.loaded) there.insert(run.run.id), seconds += run.run.wall_s;
  const auto runs = runs_by_id(results.loaded, plan);
  const GapTable table = gap_table(runs, plan.sweep, expected_of(plan));
  std::vector<ArmInCell> arms;  // with the most seeds that a comparison asks of them
  std::vector<int> seeds;
  for (const auto& [paired, axes, arm, against, is_contrast] : comparisons(table)) {
    if (paired.verdict == Verdict::diverged) continue;
    Forecast one{.comparison = in_cell(fmt::format("{} against {}", arm, against), axes),
                 .pairs = paired.difference.n,
                 .difference = paired.difference.mean,
                 .sd = paired.difference.n >= kFewPairs || !table.resolution ? paired.difference.sd : table.resolution->sd,
                 .verdict = std::string(name(paired.verdict)),
                 .seeds = 0};
    if (std::isfinite(one.sd)) one.seeds = seeds_to_decide(paired, one.sd, table.delta, looks);
    for (const auto& variant : {arm, against}) arms.push_back({axes, variant}), seeds.push_back(one.seeds == 0 ? most : one.seeds);
    all.comparisons.push_back(std::move(one));
  }
  std::set<std::string> needed;
  for (const int n : looks.pairs()) {
    std::vector<ArmInCell> open;
    for (std::size_t k = 0; k < arms.size(); ++k)
      if (seeds[k] >= n) open.push_back(arms[k]);
    const bool first = n == looks.pairs().front();
    const Plan at = plan_at(sought, results, n);
    for (auto& id : runs_of(at, first ? nullptr : &open)) needed.insert(std::move(id));
  }
  all.runs_there = static_cast<int>(there.size());
  for (const auto& id : needed) all.runs_left += !there.contains(id);
  if (!there.empty()) all.seconds_left = seconds / static_cast<double>(there.size()) * all.runs_left;
  return all;
}

std::string forecast_json(const Forecasts& all) {
  using Json = nlohmann::ordered_json;
  const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  Json out = {{"looks", Json::array()},
              {"comparisons", Json::array()},
              {"runs_there", all.runs_there},
              {"runs_left", all.runs_left},
              {"seconds_left", number(all.seconds_left)}};
  for (std::size_t k = 0; k < all.looks.size(); ++k) out["looks"].push_back({{"seeds", all.looks[k]}, {"level", number(all.levels[k])}});
  for (const auto& one : all.comparisons)
    out["comparisons"].push_back({{"comparison", one.comparison},
                                  {"pairs", one.pairs},
                                  {"difference", number(one.difference)},
                                  {"sd", number(one.sd)},
                                  {"verdict", one.verdict},
                                  {"seeds", one.seeds > 0 ? Json(one.seeds) : Json()}});
  return json_text(out);
}

std::string forecast_text(const Forecasts& all) {
  std::string out = fmt::format("looks of --until-decided: at {} seeds\n", fmt::join(all.looks, ", "));
  if (all.comparisons.empty()) return out + "no results yet, so nobody knows how many seeds the verdicts will take\n";
  std::vector<std::vector<std::string>> rows{{"comparison", "seeds so far", "difference", "spread", "verdict", "seeds, probably"}};
  for (const auto& one : all.comparisons)
    rows.push_back({printable(one.comparison), fmt::format("{}", one.pairs), cell(one.difference), cell(one.sd), one.verdict,
                    one.seeds > 0 ? fmt::format("{}", one.seeds) : fmt::format("more than {}", all.looks.back())});
  out += text_table(rows);
  out += fmt::format("{} runs are there, {} are probably left", all.runs_there, all.runs_left);
  if (std::isfinite(all.seconds_left)) out += fmt::format(": {} one after another, at the mean time of those that are there", duration(all.seconds_left));
  return out + "\n";
}

}  // namespace xib
