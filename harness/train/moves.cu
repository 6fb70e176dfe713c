#include "harness/mix/launch.cuh"
#include "harness/train/moves.hpp"

namespace xib {

template <class Step>
void each_on_device(Device&, std::int64_t count, const Step& step) {
  launch(nullptr, count, step);  // on the stream of the device that this thread uses
}

template void each_on_device(Device&, std::int64_t, const SgdElement<PlainMove>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<D2Move>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<TrackingMove>&);
template void each_on_device(Device&, std::int64_t, const SgdElement<QgMove>&);
template void each_on_device(Device&, std::int64_t, const QgMomentum&);

}  // namespace xib
