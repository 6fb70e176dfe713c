#include "harness/task/torch_images.hpp"

#include "harness/task/torch_cuda.hpp"

namespace xib {

DeviceImages::DeviceImages(const ImageSet& set, std::span<const float> table, Device* device) {
  const auto c = std::int64_t{set.shape.channels}, h = std::int64_t{set.shape.height}, w = std::int64_t{set.shape.width};
  const at::Device where = torch_device(device);
  pixels_ = resident(set.pixels.data(), set.pixels.size(), at::kByte, device, pixel_memory_);
  const std::vector<std::int64_t> labels(set.labels.begin(), set.labels.end());
  labels_ = resident(labels.data(), labels.size() * sizeof(std::int64_t), at::kLong, device, label_memory_);
  table_ = at::from_blob(const_cast<float*>(table.data()), {static_cast<std::int64_t>(table.size())}, at::kFloat).clone().to(where);
  const auto whole = at::TensorOptions().dtype(at::kLong).device(where);
  rows_ = at::arange(h, whole);
  columns_ = at::arange(w, whole);
  planes_ = at::arange(c, whole) * (h * w);
  of_channel_ = at::arange(c, whole) * 256;
}

at::Tensor DeviceImages::resident(const void* data, std::size_t bytes, at::ScalarType type, Device* device, DeviceArray<char>& memory) {
  const auto count = static_cast<std::int64_t>(bytes / c10::elementSize(type));
  if (!device) return at::from_blob(const_cast<void*>(data), {count}, at::TensorOptions().dtype(type)).clone();
  char* const there = memory.reserve(*device, bytes + 1);
  device->copy(there, data, bytes);
  return at::from_blob(there, {count}, at::TensorOptions().dtype(type).device(torch_device(*device)));
}

at::Tensor DeviceImages::images(const Choice& choice) const {
  const std::int64_t h = rows_.size(0), w = columns_.size(0), image = planes_.size(0) * h * w;
  auto y = rows_.view({1, h}), x = columns_.view({1, w});
  at::Tensor inside;
  if (choice.moves.defined()) {
    const auto move = [&](int k) { return choice.moves.select(1, k).unsqueeze(1); };
    y = y + move(0);
    x = at::where(move(2) != 0, w - 1 - x, x) + move(1);
    inside = ((y >= 0) & (y < h)).unsqueeze(2) & ((x >= 0) & (x < w)).unsqueeze(1);
    y = y.clamp(0, h - 1);
    x = x.clamp(0, w - 1);
  }
  const auto place = (choice.index.view({-1, 1, 1}) * image + y.unsqueeze(2) * w + x.unsqueeze(1)).unsqueeze(3) + planes_;
  auto bytes = at::take(pixels_, place);
  if (inside.defined()) bytes.mul_(inside.unsqueeze(3));  // what comes in from outside is black
  return at::take(table_, bytes.to(at::kLong).add_(of_channel_));
}

at::Tensor DeviceImages::labels(const Choice& choice) const { return at::take(labels_, choice.index); }

}  // namespace xib
