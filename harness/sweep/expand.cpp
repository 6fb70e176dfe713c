#include "harness/sweep/expand.hpp"

#include "harness/core/row_of.hpp"
#include "harness/sweep/resolve.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace xib {
namespace {

constexpr std::size_t kMostRuns = 100'000;      // a plan of so many is made in seconds
constexpr std::size_t kMostPhases = 200'000;    // of all runs together
constexpr std::int64_t kMostNodes = 2'000'000;  // of all graphs that are not alike: each is made to see whether it exists

// A problem of resolved runs is found once per run, but said once, with the first run that has it.
class RunProblems {
 public:
  void add(Problem problem, const std::string& run) {
    const auto at = std::find_if(found_.begin(), found_.end(), [&](const Found& found) { return found.problem == problem; });
    if (at == found_.end())
      found_.push_back({std::move(problem), run, 1});
    else
      ++at->runs;
  }
  void say(Problems& problems, std::size_t all) const {
    for (const Found& found : found_) {
      Problem problem = found.problem;
      if (found.runs != all) problem.message += fmt::format(" ({} of {} runs, first {})", found.runs, all, found.run);
      problems.add(std::move(problem));
    }
  }

 private:
  struct Found {
    Problem problem;
    std::string run;
    std::size_t runs;
  };
  std::vector<Found> found_;
};

std::string label(const Draft& draft) {
  std::string out = draft.variant.empty() ? "" : fmt::format("variant '{}', ", draft.variant);
  for (const auto& [key, value] : draft.varies) out += fmt::format("{} = {}, ", key, value);
  return out + fmt::format("seed {}", draft.config.seed);
}

// The graphs of a plan, those that are alike counted once.
class Graphs {
 public:
  void add(const RunConfig& config, const Vocabulary& vocabulary, const std::string& path) {
    if (!vocabulary.uses_seed) return;
    for (const std::string& name : config.topology.name) {
      const bool is_new = seen_.insert(fmt::format("{}|{}|{}", name, config.train.nodes, uses_seed(name, vocabulary) ? config.seed : 0)).second;
      if (is_new) nodes_ += config.train.nodes;
    }
    if (nodes_ > kMostNodes)
      refuse_in(
          path, Key{},
          "the graphs of the runs have {} nodes or more in total (each seed draws its own random graph); a plan allows at most {}: write fewer seeds, fewer "
          "train.nodes, or several files",
          nodes_, kMostNodes);
  }

 private:
  bool uses_seed(const std::string& name, const Vocabulary& vocabulary) {
    const auto at = uses_seed_.find(name);
    return at != uses_seed_.end() ? at->second : uses_seed_.emplace(name, vocabulary.uses_seed(name)).first->second;
  }
  std::unordered_set<std::string> seen_;
  std::unordered_map<std::string, bool> uses_seed_;
  std::int64_t nodes_ = 0;
};

// false: a value was refused when it was read.
bool apply(const Setting& setting, Draft& draft) {
  if (!setting.value) return false;
  put(*setting.field, draft.config, *setting.value);
  draft.origins[std::string(setting.field->key)] = setting.where;
  return true;
}

bool apply(const std::vector<Setting>& settings, Draft& draft) {
  bool ok = true;
  for (const Setting& setting : settings) ok = apply(setting, draft) && ok;
  return ok;
}

bool sets(const VariantSpec& variant, const Field* field) {
  return std::any_of(variant.settings.begin(), variant.settings.end(), [&](const Setting& s) { return s.field == field; });
}

// An override holds for every run; a variant that sets a key itself belongs to all values of it.
Axes cell_of(const SweepSpec& spec, const VariantSpec& variant, const Axes& varies) {
  Axes cell;
  for (const std::string& key : spec.sweep.axes) {
    const auto of_key = [&](const Setting& setting) { return setting.field && setting.field->key == key; };
    const auto given = std::find_if(spec.overrides.rbegin(), spec.overrides.rend(), of_key);
    const auto axis = std::find_if(varies.begin(), varies.end(), [&](const auto& entry) { return entry.first == key; });
    if (std::any_of(variant.settings.begin(), variant.settings.end(), of_key) || (given == spec.overrides.rend() && axis == varies.end()))
      cell.emplace_back(key, kAnyValue);
    else if (given != spec.overrides.rend())
      cell.emplace_back(key, given->value ? text(*given->value) : kAnyValue);
    else
      cell.push_back(*axis);
  }
  return cell;
}

std::vector<Problem> faults(Draft& draft, const SweepSpec& spec, const Vocabulary& vocabulary) {
  Problems problems;
  const RunConfig given = draft.config;
  for (auto& problem : resolve(draft.config, vocabulary)) problems.add(std::move(problem));
  if (problems.empty() && vocabulary.default_weights && !draft.origins.contains("topology.weights"))
    draft.config.topology.weights = vocabulary.default_weights(draft.config);
  draft.reference = std::exchange(draft.config.control.reference, "");
  const std::string& reference = vocabulary.check_given ? given.control.reference : draft.reference;
  if (!reference.empty() && std::none_of(spec.variants.begin(), spec.variants.end(), [&](const auto& v) { return v.name == reference; })) {
    std::vector<std::string> names;
    for (const auto& variant : spec.variants) names.push_back(variant.name);
    problems.add(Key{"control.reference"}, unknown_name("variant", reference, names));
  }
  if (problems.empty())
    for (const auto& check : vocabulary.checks) problems.attempt([&] { check(draft.config); });
  if (vocabulary.check_given) problems.attempt([&] { vocabulary.check_given(given); });
  return problems.all();
}

}  // namespace

Product expand(const SweepSpec& spec, const Vocabulary& vocabulary, Problems& problems) {
  const std::vector<VariantSpec> unnamed(1);
  const auto& variants = spec.variants.empty() ? unnamed : spec.variants;
  Product product;
  product.seeds = spec.sweep.seeds.size();
  std::size_t runs = product.seeds * variants.size();
  const auto check = [&] {
    if (runs > kMostRuns)
      refuse_in(spec.sweep.path, Key{}, "the sweep has {} runs or more; a plan holds at most {}: write fewer values, seeds or variants, or several files", runs,
                kMostRuns);
  };
  check();
  for (const Axis& axis : spec.axes) {
    if (axis.coupled) continue;
    product.points *= axis.values.size();
    runs *= axis.values.size();
    check();  // at once: the product of many axes does not fit into 64 bits
  }

  RunProblems found;
  Graphs graphs;
  std::size_t phases = 0;
  for (const VariantSpec& variant : variants)
    for (std::size_t point = 0; point < product.points; ++point)
      for (const std::int64_t seed : spec.sweep.seeds) {
        Draft draft;
        draft.variant = variant.name;
        bool ok = apply(spec.file, draft);
        std::size_t below = product.points;  // of the mixed-radix number `point`
        for (const Axis& axis : spec.axes) {
          if (!axis.coupled) below /= axis.values.size();
          const Setting& setting = axis.values[point / below % axis.values.size()];
          ok = apply(setting, draft) && ok;
          if (setting.value && !sets(variant, axis.field)) draft.varies.emplace_back(axis.field->key, text(*setting.value));
        }
        ok = apply(variant.settings, draft) && ok;
        ok = apply(spec.overrides, draft) && ok;
        draft.config.seed = seed;
        if (!spec.seeds_where.empty()) draft.origins["seed"] = spec.seeds_where;
        draft.cell = cell_of(spec, variant, draft.varies);
        if (ok) graphs.add(draft.config, vocabulary, spec.sweep.path);
        const auto wrong = ok ? faults(draft, spec, vocabulary) : std::vector<Problem>();
        for (const Problem& problem : wrong) found.add(located(problem, draft.origins, spec.sweep.path), label(draft));
        product.whole = product.whole && ok && wrong.empty();
        phases += draft.config.phase_count();
        if (phases > kMostPhases)
          refuse_in(spec.sweep.path, Key{}, "the runs have {} phases or more in total; a plan holds at most {}: write fewer phases or runs", phases,
                    kMostPhases);
        product.drafts.push_back(std::move(draft));
      }
  found.say(problems, product.drafts.size());
  return product;
}

}  // namespace xib
