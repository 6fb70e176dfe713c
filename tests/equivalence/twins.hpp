#pragma once

#include "harness/train/algorithm.hpp"
#include "reference/centralized.hpp"
#include "reference/d2.hpp"
#include "reference/dsgd.hpp"
#include "reference/dsgd_cta.hpp"
#include "reference/gradient_tracking.hpp"
#include "reference/qg_dsgdm.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace xib::equivalence {

// What the comparisons of an algorithm with its twin have to know: one row per algorithm of harness/train. `twin_of` fails a test for an algorithm that
// has no row.
struct Twin {
  std::string_view algorithm;
  reference::Trace (*run)(const reference::Problem&, const std::vector<reference::Phase>&, const reference::Sgd&, const reference::LearningRate&);
  double rate = 1;              // share of D-SGD's rate, 1/L, at which a step does not expand what was rounded before it
  bool keeps_rounding = false;  // what a step rounded is added again in every later one: T times the tolerance
  bool momentum_only = false;   // it is nothing else than D-SGD without momentum
};

inline reference::Trace centralized(const reference::Problem& problem, const std::vector<reference::Phase>& phases, const reference::Sgd& sgd,
                                    const reference::LearningRate& lr) {
  std::int64_t steps = 0;
  for (const auto& phase : phases) steps += phase.steps;
  return reference::centralized(problem, steps, sgd, lr);
}

inline constexpr std::array kTwins{
    Twin{"centralized", centralized},
    Twin{"dsgd", reference::dsgd},
    // Gradients are at models that are older than what they move: W - γ H does not expand where γ L is at most 1 + λ_min of W, 0.73 for a ring of 7.
    Twin{"dsgd-cta", reference::dsgd_cta, 0.5},
    // The momentum m̂ gets errors of distances over γ, of which a step takes back γ μ times a mean: at most 1/(1 - μ) times in all.
    Twin{"qg-dsgdm", reference::qg_dsgdm, 1, false, true},
    // x^t - s^(t-1) keeps what every step before rounded.
    Twin{"d2", reference::d2, 1, true},
    // On a W whose rows sum to 1 too, as here, its weights stay 1, and it is D-SGD. On others: reference/push_sum.hpp, and a test of its own.
    Twin{"sgp", reference::dsgd},
    // The estimates keep what was rounded in them; steps are stable at smaller rates only.
    Twin{"gradient-tracking", reference::gradient_tracking, 0.125, true},
};

inline const Twin& twin_of(const AlgorithmInfo& algorithm) {
  const auto found = std::find_if(kTwins.begin(), kTwins.end(), [&](const Twin& twin) { return twin.algorithm == algorithm.name; });
  if (found == kTwins.end()) FAIL("the algorithm " << algorithm.name << " has no twin: write one in reference/, and its row in tests/equivalence/twins.hpp");
  return *found;
}

}  // namespace xib::equivalence
