#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/core/term.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

// Cost of a run that is known before it runs; NaN: not known.
struct Cost {
  double steps = kNaN, samples = kNaN, bytes_sent = kNaN;      // of the whole run, all nodes together
  double memory_bytes = kNaN, memory_bytes_per_thread = kNaN;  // of one process with one thread; of each further thread
  double gpu_bytes = kNaN;                                     // memory of a GPU that holds all nodes of the run; NaN on CPU
  // Of all nodes, to decide once: by a Gram matrix; by one measurement of Ξ; and how many of those pay for themselves under control.method = "auto". NaN: no
  // policy of the run holds a target, or auto was not asked for.
  double gram_bytes = kNaN, distance_bytes = kNaN, loop_pays_up_to = kNaN;
};

// Names that a sweep file may use, and checks, from the folders that own the closed sets. An empty vocabulary checks only the grammar.
struct Vocabulary {
  // Members of each closed set (Field::set: "datasets", "topologies", "policies", ...). Names of an absent set are not checked.
  std::map<std::string, std::vector<std::string>, std::less<>> names;
  // True if the target of a policy comes from the Ξ of another run.
  std::function<bool(const Term& policy)> needs_reference = [](const Term& policy) { return policy.name == "fraction"; };
  // True if a policy mixes until Ξ reaches a target, so that control.min_rounds and control.method have an effect.
  std::function<bool(const Term& policy)> holds_target = [](const Term&) { return true; };
  // Throws Error(input), which names the key at fault, if the Ξ of this phase (from 0) of a run cannot be the unit of another run's target. May be empty.
  std::function<void(const RunConfig& reference, std::size_t phase)> check_reference;
  // True if a topology depends on the seed. May be empty: then none does.
  std::function<bool(const std::string& topology)> uses_seed;
  // topology.weights of a run whose sweep does not set them, by its topology.name. May be empty: then they are the default of RunConfig.
  std::function<std::string(const RunConfig&)> default_weights;
  // SHA-256 of the files that a topology is read from; "": there are none. Throws Error(input) if one cannot be read.
  std::function<std::string(const std::string& topology)> topology_sha256 = [](const std::string&) { return std::string(); };
  // Check of the keys that a run has no use for, which are reset before `checks`. Throws Error(input). May be empty, as for runs that are done: then a
  // control.reference without use may name anything, too.
  std::function<void(const RunConfig& given)> check_given;
  // Checks of every resolved run, whose control.reference_id is not yet filled in. They throw Error(input) if the run is impossible. A problem of a key is
  // shown with the line of the file that set the key.
  std::vector<std::function<void(const RunConfig&)>> checks;
  std::function<Cost(const RunConfig&)> cost;  // may be empty
};

}  // namespace xib
