#include "harness/run/known_graph.hpp"

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/graph/topology_files.hpp"
#include "harness/graph/uses_seed.hpp"

#include <algorithm>
#include <unordered_map>

namespace xib {
namespace {

// Key of a graph. It has the checksums of its files, because a changed file is another graph.
std::string key_of(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed) {
  return fmt::format("{}|{}|{}|{}|{}", topology, weights, nodes, uses_seed(topology) ? fmt::format("{}", seed) : "", topology_files_sha256(topology));
}

// True if every W is doubly stochastic. Of a random schedule only the first round is checked.
bool all_doubly_stochastic(const MixingSchedule& schedule) {
  if (schedule.period() == 0) return schedule.at(0).doubly_stochastic();
  return std::ranges::all_of(schedule.matrices(), [](const MixingMatrix& w) { return w.doubly_stochastic(); });
}

KnownGraph look_at_graph(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed) try {
  const MixingSchedule schedule = make_mixing(topology, weights, nodes, seed);
  const MixingMatrix& first = schedule.at(0);
  return {.refusal = "",
          .keeps_mean = first.stochastic() == MixingMatrix::Stochastic::rows,
          .keeps_sum = first.stochastic() == MixingMatrix::Stochastic::columns || all_doubly_stochastic(schedule),
          .one_symmetric = schedule.period() == 1 && first.symmetric(),
          .period = schedule.period()};
} catch (const Error& error) {
  if (error.fault() != Fault::input) throw;
  return {.refusal = error.what()};
}

}  // namespace

const KnownGraph& known_graph(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed) {
  thread_local std::unordered_map<std::string, KnownGraph> known;
  const std::string key = key_of(topology, weights, nodes, seed);
  const auto at = known.find(key);
  return at != known.end() ? at->second : known.emplace(key, look_at_graph(topology, weights, nodes, seed)).first->second;
}

double known_lambda_min(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed) {
  thread_local std::unordered_map<std::string, double> known;
  const std::string key = key_of(topology, weights, nodes, seed);
  if (const auto at = known.find(key); at != known.end()) return at->second;
  double smallest = kNaN;
  try {
    smallest = spectrum(make_mixing(topology, weights, nodes, seed)).lambda_min;
  } catch (const Error&) {  // above kDenseNodes
  }
  return known.emplace(key, smallest).first->second;
}

}  // namespace xib
