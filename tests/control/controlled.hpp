#pragma once

#include "harness/control/controller.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

// Models that move by given amounts and communicate under a policy, on any number of ranks and threads.
namespace xib::test {

inline constexpr std::size_t kDim = 40;

struct Setting {
  std::string policy = "rounds(1)";
  std::int64_t measure_every = 1;
  int steps = 3;
  std::int64_t first_step = 0;
  std::function<MixingSchedule()> schedule = [] { return alternating(7); };
  FullGradientAt full_gradient = {};
  PolicyContext context{.max_rounds = 50};
  std::string gauge = "exact";
  std::string method = "";
  double lr = 0.5;                      // the peak is 0.5
  std::vector<std::string> later = {};  // policies of more phases
  std::int64_t phase_steps = 2;         // where there are any, in each but the last
};

struct Outcome {
  Rows rows;
  std::vector<Communicated> steps;
  std::vector<std::vector<double>> squared_distances;
  std::vector<double> state;
};

// In each step every node moves by a fixed pseudo-random amount, then the nodes communicate.
inline Outcome controlled(const Rows& start, const Setting& setting, Spread how, std::span<const double> state = {}) {
  Outcome out;
  out.rows = spread(start, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    std::vector<PhaseControl> phases;
    phases.push_back({setting.schedule(), make_policy(setting.policy, "control.policy", setting.context)});
    for (const auto& policy : setting.later) phases.push_back({setting.schedule(), make_policy(policy, "control.policy", setting.context)});
    ConsensusController controller(communicator, pool, layout, kDim, std::move(phases), setting.measure_every, setting.full_gradient,
                                   make_gauge(setting.gauge, "control.gauge", 1), make_method(setting.method, "control.method"));
    if (!state.empty()) controller.restore(state);
    Stopwatch watch([&] { return communicator.now(); }, [] { return 0.0; });
    NodeMatrix g(x.count(), kDim);
    std::vector<double> norm2(static_cast<std::size_t>(x.count()));
    std::vector<Communicated> steps;
    std::vector<std::vector<double>> distances;
    for (std::int64_t step = setting.first_step; step < setting.first_step + setting.steps; ++step) {
      const Rows move = random_rows(layout.nodes, kDim, 100 + static_cast<std::uint64_t>(step));
      copy_in(move, layout, g);
      for (int k = 0; k < x.count(); ++k) {
        norm2[static_cast<std::size_t>(k)] = dot(g.row(k), g.row(k));
        for (std::size_t c = 0; c < kDim; ++c) x.row(k)[c] += g.row(k)[c];
      }
      const auto begun = std::min<std::int64_t>(step / setting.phase_steps, std::ssize(setting.later));  // phases before this one
      const Position at{.step = step, .phase_step = step - begun * setting.phase_steps, .phase = static_cast<int>(begun) + 1, .lr = setting.lr, .lr_max = 0.5};
      steps.push_back(controller.communicate(x, g, norm2, at, watch));
      distances.emplace_back(controller.squared_distances().begin(), controller.squared_distances().end());
    }
    if (layout.rank == layout.ranks - 1) out.steps = steps, out.squared_distances = distances;
    if (layout.rank == 0) out.state = controller.state();
  });
  return out;
}

inline double distance_of(const Rows& rows) { return std::sqrt(squared_distance(rows)); }

inline const Rows kStart = random_rows(7, kDim, 1);
// Ξ as the definition gives it differs from the controller's by rounding in double: 40 x 7 terms of relative error below 20 u.
inline const auto same_distance = [](double value) { return Approx(value).epsilon(300 * 20 * 0x1p-53); };

}  // namespace xib::test
