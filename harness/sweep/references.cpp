#include "harness/sweep/references.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "harness/core/check.hpp"
#include "harness/sweep/json.hpp"
#include "harness/sweep/resolve.hpp"

namespace xib {
namespace {

constexpr std::size_t kMostPhases = 200'000;  // a plan of so many phases is made in seconds

constexpr std::string_view kReference = "reference: ";

class Linker {
 public:
  Linker(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems)
      : spec_(spec), product_(product), vocabulary_(vocabulary), problems_(problems), states_(product.drafts.size()) {
    for (std::size_t v = 0; v < spec.variants.size(); ++v) variants_.emplace(spec.variants[v].name, v);
  }

  std::vector<PlannedRun> all() {
    std::vector<PlannedRun> runs;
    std::unordered_map<std::string, std::size_t> place;  // id -> in runs
    const auto take = [&](PlannedRun& run) {
      const auto [at, is_new] = place.emplace(run.id, runs.size());
      if (is_new) return runs.push_back(std::move(run));
      PlannedRun& same = runs[at->second];
      for (std::size_t k = 0; k < run.variants.size(); ++k) {
        const auto known = std::find(same.variants.begin(), same.variants.end(), run.variants[k]);
        if (known != same.variants.end()) {
          join(same.cells[static_cast<std::size_t>(known - same.variants.begin())], run.cells[k]);
        } else {
          same.variants.push_back(run.variants[k]);
          same.cells.push_back(run.cells[k]);
        }
      }
    };
    for (std::size_t k = 0; k < product_.drafts.size(); ++k) visible(k);  // all, before any is moved away
    runs.reserve(states_.size() + references_.size());
    for (State& state : states_) take(state.run);
    for (PlannedRun& run : references_) {
      if (!place.contains(run.id)) take(run);
    }
    return runs;
  }

 private:
  // A run of several cells of one variant belongs to every value in which they differ.
  static void join(Axes& cell, const Axes& other) {
    for (std::size_t k = 0; k < cell.size(); ++k)
      if (cell[k].second != other[k].second) cell[k].second = kAnyValue;
  }

  struct State {
    enum { fresh, open, done } progress = fresh;
    PlannedRun run;
  };

  // A run of the product, linked once. A draft that is met again while it is open refers to itself by a circle.
  const PlannedRun& visible(std::size_t k) {
    State& state = states_[k];
    const Draft& draft = product_.drafts[k];
    if (state.progress == State::open) {
      refuse_in(origin_of_reference(draft), Key{"control.reference"},
                "variant '{}' refers to itself, directly or through others, so no run could be first; name a variant without fraction()", draft.variant);
    }
    if (state.progress == State::fresh) {
      state.progress = State::open;
      state.run = linked(draft, k);
      state.progress = State::done;
    }
    return state.run;
  }

  PlannedRun linked(const Draft& draft, std::size_t k) {
    PlannedRun run = unlinked(draft, draft.config);
    std::vector<const PlannedRun*> needed(draft.config.phase_count());
    std::vector<std::size_t> phases;
    for (std::size_t phase = 0; phase < needed.size(); ++phase)
      if (needs_reference(draft.config.control.policy[phase], vocabulary_)) phases.push_back(phase);
    if (phases.empty()) return identified(std::move(run));
    if (draft.reference.empty()) {
      const auto added = uncontrolled(draft, phases);
      for (std::size_t j = 0; j < phases.size(); ++j) needed[phases[j]] = &references_[added[j]];
    } else {
      for (const std::size_t phase : phases) needed[phase] = &named(draft, k);
    }
    for (const std::size_t phase : phases) {
      check(*needed[phase], draft, phase);
      refer(run, phase, *needed[phase]);
    }
    return identified(std::move(run));
  }

  static PlannedRun unlinked(const Draft& draft, const RunConfig& config) {
    PlannedRun run;
    run.config = config;
    run.variants = {draft.variant};
    run.cells = {draft.cell};
    run.varies = draft.varies;
    run.origins = draft.origins;
    return run;
  }

  static void refer(PlannedRun& run, std::size_t phase, const PlannedRun& reference) {
    run.config.control.reference_id[phase] = reference.id;
    run.stage = std::max(run.stage, reference.stage + 1);
    if (run.needs.empty() || std::find(run.needs.begin(), run.needs.end(), reference.id) == run.needs.end()) run.needs.push_back(reference.id);
  }

  static PlannedRun identified(PlannedRun run) {
    run.canonical_json = canonical_json(run.config);
    run.id = run_id_of(run.canonical_json);
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
      for (Problem problem : error.problems()) {
        problem.message += fmt::format(" ({} is the reference of {} in phase {})", what, draft.config.control.policy[phase], phase + 1);
        problems_.add(located(std::move(problem), reference.origins, spec_.sweep.path));
      }
    }
  }

  const std::string& origin_of_reference(const Draft& draft) const { return origin_of("control.reference", draft.origins, spec_.sweep.path); }

  // The run of the variant that control.reference names, at the same point of the sweep and with the same seed.
  const PlannedRun& named(const Draft& draft, std::size_t k) {
    const std::size_t per_variant = product_.points * product_.seeds;
    const std::size_t other = variants_.at(draft.reference) * per_variant + k % per_variant;
    const auto& theirs = product_.drafts[other].config.train.phases;
    if (theirs != draft.config.train.phases)
      refuse_in(origin_of_reference(draft), Key{"control.reference"},
                "variant '{}' has its phases at epochs [{}], '{}' at [{}], so their distances do not correspond; give both the same phases", draft.reference,
                fmt::join(theirs, ", "), draft.variant, fmt::join(draft.config.train.phases, ", "));
    return visible(other);
  }

  static bool in_phase(const Draft& draft) {
    return std::any_of(draft.cell.begin(), draft.cell.end(), [](const auto& axis) { return axis.first == "control.in_phase"; });
  }

  // The reference of each of `phases`, the phases with a policy that needs one, as places in references_. Ξ of a phase depends on the
  // phases up to it alone, so the reference has rounds(1) in the phase and in all of `phases` after it. What it needs itself are then the
  // references of the phases before: one run for each phase.
  std::vector<std::size_t> uncontrolled(const Draft& draft, const std::vector<std::size_t>& phases) {
    require(!needs_reference("rounds(1)", vocabulary_), "rounds(1) cannot itself need a reference");
    Draft other = draft;
    for (const std::size_t phase : phases) other.config.control.policy[phase] = "rounds(1)";
    std::vector<std::size_t> places;
    for (std::size_t j = 0; j < phases.size(); ++j) {
      if (j > 0) other.config.control.policy[phases[j - 1]] = draft.config.control.policy[phases[j - 1]];
      RunConfig config = other.config;
      auto problems = resolve(config, vocabulary_);
      for (Problem& problem : problems) problem.file = spec_.sweep.path;
      if (!problems.empty()) throw Error(Fault::input, std::move(problems));
      other.variant = fmt::format("{}phase {}{}{}", kReference, phases[j] + 1, draft.variant.empty() ? "" : " of ", draft.variant);
      PlannedRun run = unlinked(other, config);
      for (std::size_t i = 0; i < j; ++i) refer(run, phases[i], references_[places[i]]);
      run = identified(std::move(run));
      for (auto& [key, value] : run.cells.front())  // the policy of the others is not its own
        if (key == "control.policy") value = in_phase(draft) ? "rounds(1)" : text(config.control.policy);
      const auto [at, is_new] = added_.emplace(run.id, references_.size());
      if (is_new) {
        phases_ += run.config.phase_count();
        if (phases_ > kMostPhases)
          refuse_in(spec_.sweep.path, Key{},
                    "the references of fraction() make the plan too long ({} phases of runs and more; at most {}): write fewer phases, or control.reference",
                    phases_, kMostPhases);
        references_.push_back(std::move(run));  // a run that several variants share keeps the name of the first
      } else {
        join(references_[at->second].cells.front(), run.cells.front());
      }
      places.push_back(at->second);
    }
    return places;
  }

  const SweepSpec& spec_;
  const Product& product_;
  const Vocabulary& vocabulary_;
  Problems& problems_;
  std::map<std::string, std::size_t> variants_;  // name -> in the sweep file
  std::vector<State> states_;
  std::vector<PlannedRun> references_;        // those not named, in the order in which they were asked for
  std::map<std::string, std::size_t> added_;  // id -> in references_
  std::size_t phases_ = 0;                    // of all references
};

}  // namespace

std::vector<PlannedRun> link_references(const SweepSpec& spec, const Product& product, const Vocabulary& vocabulary, Problems& problems) {
  return Linker(spec, product, vocabulary, problems).all();
}

}  // namespace xib
