#include "harness/core/check.hpp"
#include "harness/train/moves.hpp"

namespace xib {

// In builds without CUDA, where nothing can make a device.
template <class Step>
void each_on_device(Device&, std::int64_t, const Step&) {
  fail("this build has no CUDA (this is a bug)");
}

template void each_on_device(Device&, std::int64_t, const SgdElement<PlainMove>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<D2Move>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<TrackingMove>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<QgMove>&);
template void each_on_device(Device&, std::int64_t, const QgMomentum&);

}  // namespace xib
