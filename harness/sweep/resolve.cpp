#include "harness/sweep/resolve.hpp"

#include <algorithm>
#include <charconv>

#include "harness/core/check.hpp"
#include "harness/sweep/problems.hpp"

namespace xib {
namespace {

// The epochs of steps(e1, e2, ...); empty for other schedules.
std::vector<std::int64_t> drops(const std::string& schedule) {
  const Term term = Term::parse(schedule);
  std::vector<std::int64_t> epochs;
  if (term.name != "steps") return epochs;
  for (const Argument& argument : term.arguments) {
    if (!argument.name.empty()) continue;
    std::int64_t epoch = 0;
    const char* const last = argument.text.data() + argument.text.size();
    const auto [end, error] = std::from_chars(argument.text.data(), last, epoch);
    require(error == std::errc() && end == last, Key{"train.schedule"}, "{} has '{}', which is not a whole epoch; write steps(150, 225)", schedule,
            argument.text);
    epochs.push_back(epoch);
  }
  require(!epochs.empty(), Key{"train.schedule"}, "steps names no epoch; write steps(150, 225), or constant");
  return epochs;
}

void check_epochs(Key key, const std::vector<std::int64_t>& epochs, std::int64_t end) {
  for (std::size_t k = 0; k < epochs.size(); ++k) {
    require(epochs[k] >= 1, key, "{} is not an epoch after the first; phases begin at 1 or later", epochs[k]);
    require(k == 0 || epochs[k] > epochs[k - 1], key, "{} does not come after {}; write ascending epochs", epochs[k], epochs[k ? k - 1 : 0]);
    require(epochs[k] < end, key, "epoch {} is not reached (train.epochs = {}); lower it or train longer", epochs[k], end);
  }
}

// One value stands for every phase.
void spread(Key key, std::vector<std::string>& values, std::size_t phases) {
  if (values.size() == 1) values.assign(phases, values.front());
  require(values.size() == phases, key,
          "lists {} values for {} phases; give one for all, or one per phase (phases are cut at train.phases, else at the drops of "
          "train.schedule)",
          values.size(), phases);
}

// The content of a file is science, so its checksum is in the id.
void add_checksums(RunConfig::Topology& topology, const Vocabulary& vocabulary) {
  auto& sums = topology.file_sha256;
  sums.clear();
  for (const auto& name : topology.name) try {
      sums.push_back(vocabulary.topology_sha256(name));
    } catch (const Error& error) {
      refuse(Key{"topology.name"}, "{}", error.what());
    }
  if (std::all_of(sums.begin(), sums.end(), [](const auto& sum) { return sum.empty(); })) sums.clear();
}

void expand_in_phase(RunConfig::Control& control, std::size_t phases) {
  const auto phase = static_cast<std::size_t>(control.in_phase);
  if (phase > 0) {
    require(phase <= phases, Key{"control.in_phase"}, "there is no phase {}, only {}; count from 1", phase, phases);
    require(control.policy.size() == 1, Key{"control.in_phase"}, "control.policy already has a policy for each phase; leave out in_phase, or give one policy");
    const std::string policy = control.policy.front();
    control.policy.assign(phases, control.otherwise);
    control.policy[phase - 1] = policy;
  }
  control.in_phase = RunConfig::Control().in_phase;
  control.otherwise = RunConfig::Control().otherwise;
}

bool holds_target(const RunConfig& config, const Vocabulary& vocabulary) {
  return std::any_of(config.control.policy.begin(), config.control.policy.end(),
                     [&](const std::string& policy) { return vocabulary.holds_target(Term::parse(policy)); });
}

}  // namespace

bool needs_reference(std::string_view policy, const Vocabulary& vocabulary) {
  return vocabulary.needs_reference && vocabulary.needs_reference(Term::parse(policy));
}

bool needs_reference(const RunConfig& config, const Vocabulary& vocabulary) {
  return std::any_of(config.control.policy.begin(), config.control.policy.end(),
                     [&](const std::string& policy) { return needs_reference(policy, vocabulary); });
}

std::vector<Problem> resolve(RunConfig& config, const Vocabulary& vocabulary) {
  Problems problems;
  RunConfig::Train& train = config.train;
  problems.attempt([&] {
    require(train.warmup_epochs <= static_cast<double>(train.epochs), Key{"train.warmup_epochs"}, "{} is longer than the training ({} epochs); lower it",
            train.warmup_epochs, train.epochs);
  });
  problems.attempt([&] {
    const auto at = drops(train.schedule);
    check_epochs(Key{"train.schedule"}, at, train.epochs);
    if (train.phases.empty()) train.phases = at;
    check_epochs(Key{"train.phases"}, train.phases, train.epochs);
  });
  problems.attempt([&] {
    require(config.control.min_rounds <= config.control.max_rounds, Key{"control.min_rounds"},
            "{} is more than control.max_rounds, {}; lower the one or raise the other", config.control.min_rounds, config.control.max_rounds);
  });
  if (!problems.empty()) return problems.all();  // the number of phases is unknown

  const std::size_t phases = train.phases.size() + 1;
  problems.attempt([&] {
    spread(Key{"topology.name"}, config.topology.name, phases);
    add_checksums(config.topology, vocabulary);
  });
  problems.attempt([&] {
    expand_in_phase(config.control, phases);
    spread(Key{"control.policy"}, config.control.policy, phases);
  });
  config.control.reference_id.assign(phases, "");
  if (problems.empty() && !needs_reference(config, vocabulary)) {
    config.control.statistic = RunConfig::Control().statistic;
    config.control.reference.clear();
  }
  if (problems.empty() && !holds_target(config, vocabulary)) {
    config.control.min_rounds = RunConfig::Control().min_rounds;
    config.control.method.clear();
  }
  return problems.all();
}

}  // namespace xib
