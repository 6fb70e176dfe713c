// A trainer of one's own under consensus control: 16 nodes on a ring, each with its own least-squares problem ½‖x - c_i‖². Started by mpirun, the
// nodes are spread over the ranks.
#include "harness/comm/world.hpp"
#include "harness/control/controller.hpp"
#include "harness/train/optimizer.hpp"

#include <cmath>
#include <cstdio>

int main() {
  constexpr int kNodes = 16;
  constexpr std::size_t kDim = 1000;
  constexpr double kTarget = 0.5, lr = 0.1;
  const auto world = xib::make_world();
  xib::ThreadPool pool(2);
  const xib::NodeLayout layout{kNodes, world->size(), world->rank()};
  const xib::NodeBlock mine = layout.mine();

  std::vector<xib::PhaseControl> phases;  // one: Ξ is kept at kTarget all the time
  phases.push_back({xib::make_mixing("ring", "uniform", kNodes, 0), xib::make_policy("target(0.5)", "trainer", {})});
  xib::ConsensusController controller(*world, pool, layout, kDim, std::move(phases), /*measure_every=*/1);
  const auto optimizer = xib::make_optimizer("sgd", {.nodes = mine.count, .dim = kDim, .options = {.momentum = 0.9}});
  xib::NodeMatrix x(mine.count, kDim), g(mine.count, kDim);
  xib::Stopwatch watch([&] { return world->now(); }, [&] { return world->traffic().wait_s; });

  const auto gradients = [&](const xib::NodeMatrix& models, xib::NodeMatrix& gradient, std::vector<double>& norm2) {
    for (int k = 0; k < mine.count; ++k) {
      norm2[static_cast<std::size_t>(k)] = 0;
      for (std::size_t c = 0; c < kDim; ++c) {
        const float center = std::sin(static_cast<float>(mine.first + k) + static_cast<float>(c));
        const float value = models.row(k)[c] - center;
        gradient.row(k)[c] = value;
        norm2[static_cast<std::size_t>(k)] += static_cast<double>(value) * value;
      }
    }
  };

  xib::Communicated done;
  std::vector<double> gradient_norm2(static_cast<std::size_t>(mine.count));
  for (std::int64_t step = 0; step < 50; ++step) {
    gradients(x, g, gradient_norm2);
    optimizer->step(x, g, lr, pool);
    done = controller.communicate(x, g, gradient_norm2, {.step = step, .phase_step = step, .lr = lr, .lr_max = lr}, watch);
    if (world->rank() == 0 && step % 10 == 0)
      std::printf("step %2ld: Ξ %.3f, after %d rounds %.3f\n", long(step), done.distance_before, done.rounds, done.distance);
  }
  return done.reached && done.distance <= kTarget && done.distance_before > kTarget ? 0 : 1;
}
