#pragma once

#include "datasets/batch.hpp"
#include "harness/mix/device_array.hpp"

#include <ATen/ATen.h>

#include <optional>

namespace xib {

// Split of a data set as bytes in the memory of a device (null: of the host). Batches of images and labels are made there with the bits of BatchWriter, because
// a byte becomes its float by the same table. Only torch_*.cpp include it.
class DeviceImages {
 public:
  DeviceImages(const ImageSet& set, std::span<const float> table, Device* device);

  // Choice of images and of the change of each: whole numbers in the memory where LibTorch computes.
  struct Choice {
    at::Tensor index;  // count
    at::Tensor moves;  // count x 3: dy, dx, mirrored; undefined: images are not changed
  };
  at::Tensor images(const Choice& choice) const;  // count x height x width x channels
  at::Tensor labels(const Choice& choice) const;  // count

 private:
  at::Tensor resident(const void* data, std::size_t bytes, at::ScalarType type, Device* device, DeviceArray<char>& memory);
  DeviceArray<char> pixel_memory_, label_memory_;
  at::Tensor pixels_, labels_;      // bytes, whole numbers
  at::Tensor table_;                // channels x 256 floats, one after another
  at::Tensor rows_, columns_;       // 0 .. height - 1, 0 .. width - 1
  at::Tensor planes_, of_channel_;  // where a channel begins: in an image, in the table
};

}  // namespace xib
