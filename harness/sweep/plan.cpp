#include "harness/sweep/plan.hpp"

#include <algorithm>

#include "harness/sweep/expand.hpp"
#include "harness/sweep/overrides.hpp"
#include "harness/sweep/problems.hpp"
#include "harness/sweep/references.hpp"
#include "harness/sweep/spec.hpp"

namespace xib {

namespace {

Plan plan_of(const SweepSpec& spec, const Vocabulary& vocabulary, Problems& problems) {
  const Product product = expand(spec, vocabulary, problems);
  Plan plan{spec.sweep, {}};
  if (product.whole) problems.attempt([&] { plan.runs = link_references(spec, product, vocabulary, problems); });
  problems.throw_if_any();
  std::stable_sort(plan.runs.begin(), plan.runs.end(), [](const auto& a, const auto& b) { return a.stage < b.stage; });
  for (std::size_t k = 0; k < plan.runs.size(); ++k) plan.runs[k].index = static_cast<int>(k);
  return plan;
}

// The text with the overrides as comments below. Comments of the author's that would be read as overrides get a blank line, which ends them.
std::string recorded_source(std::string text, const std::vector<Override>& given) {
  Problems problems;
  const bool looks_overridden = !recorded_overrides(text, "", problems).empty() || !problems.empty();
  if (!text.ends_with('\n') && (looks_overridden || !given.empty())) text += '\n';
  if (looks_overridden) text += '\n';
  for (const Override& one : given) text += one.comment + '\n';
  return text;
}

}  // namespace

Plan make_plan(const std::string& path, const std::vector<std::string>& sets, const Vocabulary& vocabulary) {
  Problems problems;
  const std::string text = read_sweep_text(path);
  std::vector<Override> given;
  SweepSpec spec = read_spec(
      text, path, [&](Problems& found) { return given = overrides(sets, found); }, vocabulary, problems);
  spec.sweep.source = recorded_source(text, given);
  return plan_of(spec, vocabulary, problems);
}

Plan recorded_plan(const std::string& source, const std::string& where, const Vocabulary& vocabulary) {
  Problems problems;
  const SweepSpec spec = read_spec(
      source, where, [&](Problems& found) { return recorded_overrides(source, where, found); }, vocabulary, problems);
  return plan_of(spec, vocabulary, problems);
}

void take_margin_of_environment(Sweep& sweep) {
  Problems problems;
  for (const Override& given : overrides({}, problems)) {
    if (given.leaf.key != "delta") continue;
    const auto margin = margin_of(given.leaf, given.where, problems);
    if (!margin) continue;
    sweep.delta_from = fmt::format("{}; the runs declare {}", given.where, sweep.delta > 0 ? fmt::format("{}", sweep.delta) : "none");
    sweep.delta = *margin;
  }
  problems.throw_if_any();
}

Plan make_plan(const std::string& path, const std::vector<std::string>& sets) { return make_plan(path, sets, Vocabulary()); }

}  // namespace xib
