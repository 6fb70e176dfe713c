#include "harness/sweep/references.hpp"

#include <algorithm>
#include <map>

#include "harness/core/check.hpp"
#include "harness/sweep/resolve.hpp"

namespace xib {
namespace {

constexpr std::string_view kReference = "reference: ";

class Linker {
 public:
  Linker(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems)
      : spec_(spec), product_(product), vocabulary_(vocabulary), problems_(problems), states_(product.drafts.size()) {}

  std::vector<PlannedRun> all() {
    std::vector<PlannedRun> runs;
    std::map<std::string, std::size_t> place;  // id -> in runs
    const auto take = [&](const PlannedRun& run) {
      const auto [at, is_new] = place.emplace(run.id, runs.size());
      if (is_new) return runs.push_back(run);
      auto& names = runs[at->second].variants;
      for (const auto& name : run.variants)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (std::size_t k = 0; k < product_.drafts.size(); ++k) take(visible(k));
    const std::size_t in_product = runs.size();
    for (const PlannedRun& run : references_) {
      const auto known = place.find(run.id);
      if (known == place.end() || known->second >= in_product) take(run);
    }
    return runs;
  }

 private:
  struct State {
    enum { fresh, open, done } progress = fresh;
    PlannedRun run;
  };

  // A run of the product, linked once. A draft that is met again while it is open refers to itself by a circle.
  const PlannedRun& visible(std::size_t k) {
    State& state = states_[k];
    const Draft& draft = product_.drafts[k];
    if (state.progress == State::open) {
      const auto origin = draft.origins.find("control.reference");
      refuse(
          "{}: control.reference: variant '{}' refers to itself, directly or by others (nobody could run first); name a variant without "
          "fraction()",
          origin == draft.origins.end() ? spec_.sweep.path : origin->second, draft.variant);
    }
    if (state.progress == State::fresh) {
      state.progress = State::open;
      state.run = linked(draft, k);
      state.progress = State::done;
    }
    return state.run;
  }

  PlannedRun linked(const Draft& draft, std::size_t k) {
    PlannedRun run;
    run.config = draft.config;
    run.variants = {draft.variant};
    run.varies = draft.varies;
    run.origins = draft.origins;
    auto& ids = run.config.control.reference_id;
    for (std::size_t phase = 0; phase < draft.config.phase_count(); ++phase) {
      if (!needs_reference(draft.config.control.policy[phase], vocabulary_)) continue;
      const PlannedRun reference = draft.reference.empty() ? uncontrolled(draft, k, phase) : named(draft, k);
      check(reference, draft, phase);
      ids[phase] = reference.id;
      run.stage = std::max(run.stage, reference.stage + 1);
      if (std::find(run.needs.begin(), run.needs.end(), reference.id) == run.needs.end()) run.needs.push_back(reference.id);
    }
    run.canonical_json = canonical_json(run.config);
    run.id = run_id(run.config);
    return run;
  }

  // A reference that cannot serve would be found out only after it has run.
  void check(const PlannedRun& reference, const Draft& draft, std::size_t phase) {
    if (!vocabulary_.check_reference) return;
    try {
      vocabulary_.check_reference(reference.config, phase);
    } catch (const Error& error) {
      if (error.fault() != Fault::input) throw;
      const std::string what = draft.reference.empty() ? "the uncontrolled run" : fmt::format("variant '{}'", draft.reference);
      problems_.add(fmt::format("{} ({} is the reference of {} in phase {})", located(error.what(), reference.origins, spec_.sweep.path), what,
                                draft.config.control.policy[phase], phase + 1));
    }
  }

  // The run of the variant that control.reference names, at the same point of the sweep and with the same seed.
  PlannedRun named(const Draft& draft, std::size_t k) {
    const auto& variants = spec_.variants;
    const auto at = std::find_if(variants.begin(), variants.end(), [&](const auto& v) { return v.name == draft.reference; });
    const std::size_t per_variant = product_.points * product_.seeds;
    const std::size_t other = static_cast<std::size_t>(at - variants.begin()) * per_variant + k % per_variant;
    const auto& theirs = product_.drafts[other].config.train.phases;
    const auto origin = draft.origins.find("control.reference");
    require(theirs == draft.config.train.phases,
            "{}: control.reference: variant '{}' has its phases at epochs [{}], '{}' at [{}] (which distance would be meant?); give both "
            "the same",
            origin == draft.origins.end() ? spec_.sweep.path : origin->second, draft.reference, fmt::join(theirs, ", "), draft.variant,
            fmt::join(draft.config.train.phases, ", "));
    return visible(other);
  }

  // The run that differs by rounds(1) in this phase only. It has one phase less that needs a reference, so this ends.
  PlannedRun uncontrolled(const Draft& draft, std::size_t k, std::size_t phase) {
    Draft other = draft;
    other.config.control.policy[phase] = "rounds(1)";
    require(!needs_reference("rounds(1)", vocabulary_), "rounds(1) cannot itself need a reference");
    const std::string_view owner = std::string_view(draft.variant).substr(draft.variant.starts_with(kReference) ? kReference.size() : 0);
    other.variant = fmt::format("{}phase {}{}{}", kReference, phase + 1, owner.empty() ? "" : " of ", owner);
    const auto problems = resolve(other.config, vocabulary_);
    require(problems.empty(), "{}: {}", spec_.sweep.path, fmt::join(problems, "\n"));
    PlannedRun run = linked(other, k);
    references_.push_back(run);
    return run;
  }

  const SweepSpec& spec_;
  const Product& product_;
  const Vocabulary& vocabulary_;
  Problems& problems_;
  std::vector<State> states_;
  std::vector<PlannedRun> references_;  // those not named, in the order in which they were asked for
};

}  // namespace

std::vector<PlannedRun> link_references(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems) {
  return Linker(spec, product, vocabulary, problems).all();
}

}  // namespace xib
