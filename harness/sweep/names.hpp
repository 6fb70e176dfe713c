#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/core/term.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

// Cost of a run, as far as it is known before it runs.
struct Cost {
  double steps = kNaN, samples = kNaN, bytes_sent = kNaN;      // of the whole run, all nodes together
  double memory_bytes = kNaN, memory_bytes_per_thread = kNaN;  // of one process that does it with one thread; for each further thread
  double gpu_bytes = kNaN;                                     // memory that a GPU with all nodes of the run needs; unknown on CPU
};

// Names that a sweep file may use, from the folders that own the closed sets. An empty vocabulary checks the grammar alone.
struct Vocabulary {
  // Set (Field::set: "datasets", "topologies", "policies", ...) -> its members. A set that is absent is not checked by name.
  std::map<std::string, std::vector<std::string>, std::less<>> names;
  // Whether a policy's target comes from the Ξ of another run.
  std::function<bool(const Term& policy)> needs_reference = [](const Term& policy) { return policy.name == "fraction"; };
  // Whether a policy mixes until Ξ is at a target, so that control.min_rounds means something.
  std::function<bool(const Term& policy)> holds_target = [](const Term&) { return true; };
  // Throws Error(input) of the key at fault where the Ξ of this run's phase (from 0) cannot be the unit of another run's target.
  // May be empty.
  std::function<void(const RunConfig& reference, std::size_t phase)> check_reference;
  // Whether a topology is another with another seed. May be empty: then no graph is.
  std::function<bool(const std::string& topology)> uses_seed;
  // topology.weights of a run whose sweep does not name them, from its topology.name. May be empty: then they are the default of RunConfig.
  std::function<std::string(const RunConfig&)> default_weights;
  // The SHA-256 of the files that a topology is read from, "" where there are none. Throws Error(input) where one cannot be read.
  std::function<std::string(const std::string& topology)> topology_sha256 = [](const std::string&) { return std::string(); };
  // Each is called with every resolved run (control.reference_id not yet filled in) and throws Error(input) on what cannot be run. A
  // problem of a key is shown with the line of the file that set the key.
  std::vector<std::function<void(const RunConfig&)>> checks;
  std::function<Cost(const RunConfig&)> cost;  // may be empty
};

}  // namespace xib
