#pragma once

#include "harness/mix/device.hpp"

#include <cstddef>
#include <memory>

namespace xib {

// Array in the memory of a device, or in pinned host memory, which the device can copy from and to by itself. It grows when more is reserved; its content is
// then lost.
template <class T, bool kPinned = false>
class DeviceArray {
 public:
  // Memory for at least `count` elements on `device`.
  T* reserve(Device& device, std::size_t count) {
    if (device_ == &device && count <= size_) return memory_.get();
    memory_.reset();  // first, because old and new memory may not fit together
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
