#include "harness/cli/next_look.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/json_text.hpp"
#include "harness/cli/look_runs.hpp"
#include "harness/gap/gap_lines.hpp"
#include "harness/sweep/looks.hpp"

namespace xib {
namespace {

// What the runs of the look leave open.
struct Verdicts {
  std::vector<ArmInCell> arms;
  std::vector<std::string> open;
  int diverged = 0;
};

Verdicts verdicts_of(const GapTable& table) {
  Verdicts found;
  for (const auto& [paired, axes, arm, against, is_contrast] : comparisons(table)) {
    found.diverged += paired.verdict == Verdict::diverged;
    if (paired.verdict != Verdict::undecided) continue;
    found.open.push_back(in_cell(fmt::format("{} against {}", arm, against), axes));
    for (const auto& variant : {arm, against}) found.arms.push_back({axes, variant});
  }
  return found;
}

}  // namespace

NextLook next_look(const Sought& sought) {
  const Results results = results_of(sought);
  NextLook next;
  next.looks = static_cast<int>(results.looks.size());
  std::set<std::string> there;
  for (const auto& run : results.loaded) there.insert(run.run.id);
  std::vector<ArmInCell> arms;
  for (const int n : results.looks) {
    if (sought.max_seeds && n > *sought.max_seeds) break;
    ++next.look;
    next.seeds = first_seeds(results.sweep.seeds, static_cast<std::size_t>(n));
    next.sets = sets_at(results, n);
    const Plan of_look = plan_at(sought, results, n);
    next.ids = runs_of(of_look, next.look == 1 ? nullptr : &arms);
    next.missing.clear();
    for (const auto& id : next.ids)
      if (!there.contains(id)) next.missing.push_back(id);
    next.state = NextLook::State::runs;
    if (!next.missing.empty()) return next;
    const auto runs = runs_by_id(results.loaded, of_look);  // what later looks have done already is not looked at
    check_one_sweep(runs, of_look.sweep);
    Verdicts verdicts = verdicts_of(gap_table(runs, of_look.sweep, expected_of(of_look)));
    next.open = verdicts.open, next.diverged = verdicts.diverged, arms = std::move(verdicts.arms);
    next.state = next.open.empty() ? NextLook::State::decided : NextLook::State::open;
    if (next.open.empty()) return next;
  }
  return next;
}

std::string next_look_json(const NextLook& next) {
  using Json = nlohmann::ordered_json;
  constexpr const char* kStates[] = {"runs", "decided", "open"};
  const Json out = {{"schema", "xibench-next-look"},
                    {"schema_version", 1},
                    {"state", kStates[static_cast<int>(next.state)]},
                    {"look", next.look},
                    {"looks", next.looks},
                    {"seeds", next.seeds},
                    {"sets", next.sets},
                    {"ids", next.ids},
                    {"missing", next.missing},
                    {"open", next.open},
                    {"diverged", next.diverged}};
  return json_text(out);
}

NextLook next_look_of(const std::string& text) {
  const auto json = nlohmann::json::parse(text);
  NextLook next;
  const std::string state = json.at("state");
  next.state = state == "runs" ? NextLook::State::runs : state == "decided" ? NextLook::State::decided : NextLook::State::open;
  next.look = json.at("look"), next.looks = json.at("looks"), next.diverged = json.at("diverged");
  json.at("seeds").get_to(next.seeds), json.at("sets").get_to(next.sets), json.at("ids").get_to(next.ids);
  json.at("missing").get_to(next.missing), json.at("open").get_to(next.open);
  return next;
}

std::string next_look_text(const NextLook& next) {
  const std::string look = fmt::format("look {} of {}, at {} seeds", next.look, next.looks, next.seeds.size());
  const std::string lost = next.diverged == 0 ? "" : fmt::format("; {} can have no verdict, because runs diverged", next.diverged);
  if (next.state == NextLook::State::decided) return fmt::format("all verdicts and contrasts are decided: {}{}", look, lost);
  const std::string open =
      next.open.empty() ? "" : fmt::format("open {}: {}", next.state == NextLook::State::open ? "after it" : "before it", fmt::join(next.open, "; "));
  if (next.state == NextLook::State::open) return fmt::format("{}; {}{}", look, open, lost);
  return fmt::format("{}: {} of {} runs to do{}{}", look, next.missing.size(), next.ids.size(), open.empty() ? "" : "; " + open, lost);
}

}  // namespace xib
