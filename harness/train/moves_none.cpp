#include "harness/core/check.hpp"
#include "harness/train/moves.hpp"

namespace xib {

// In builds without CUDA, where nothing can make a device.
void step_on_device(Device&, std::int64_t, std::int64_t, float*, const float*, const Direction&, const Move&) {
  fail("this build has no CUDA (this is a bug)");
}
void momentum_on_device(Device&, std::int64_t, const QgMomentum&) { fail("this build has no CUDA (this is a bug)"); }

}  // namespace xib
