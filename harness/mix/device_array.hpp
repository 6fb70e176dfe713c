#pragma once

#include "harness/mix/device.hpp"

#include <cstddef>
#include <memory>

namespace xib {

// Memory of a device, or host memory that it copies from and to by itself (pinned); grown when asked for more, then without what it held.
template <class T, bool kPinned = false>
class DeviceArray {
 public:
  // At least `count` elements of `device`.
  T* reserve(Device& device, std::size_t count) {
    if (device_ == &device && count <= size_) return memory_.get();
    memory_.reset();  // first: both may not fit
    memory_ = {static_cast<T*>(kPinned ? device.allocate_pinned(count * sizeof(T)) : device.allocate(count * sizeof(T))), Free{&device}};
    device_ = &device;
    size_ = count;
    return memory_.get();
  }
  T* data() const { return memory_.get(); }

 private:
  struct Free {
    Device* device = nullptr;
    void operator()(T* p) const { kPinned ? device->release_pinned(p) : device->release(p); }
  };
  Device* device_ = nullptr;
  std::size_t size_ = 0;
  std::unique_ptr<T[], Free> memory_;
};

template <class T>
using PinnedArray = DeviceArray<T, true>;

}  // namespace xib
