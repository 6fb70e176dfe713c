#include "harness/mix/launch.cuh"
#include "harness/train/moves.hpp"

namespace xib {

void step_on_device(Device&, std::int64_t count, std::int64_t stride, float* x, const float* g, const Direction& direction, const Move& move) {
  std::visit(
      [&](const auto& d, const auto& m) {
        using Element = StepElement<std::decay_t<decltype(d)>, std::decay_t<decltype(m)>>;
        launch(nullptr, count, Element{x, g, stride, d, m});  // on the stream of the device that this thread uses
      },
      direction, move);
}

void momentum_on_device(Device&, std::int64_t count, const QgMomentum& momentum) { launch(nullptr, count, momentum); }

}  // namespace xib
