#include "harness/mix/row_exchange.hpp"

namespace xib {

void RowExchange::operator()(std::span<const Send> sends, std::span<const Receive> receives, Device* device) {
  if (!device) return communicator_.exchange(sends, receives);
  if (communicator_.reaches(Space::device)) return communicator_.exchange(sends, receives, Space::device);
  std::size_t floats = 0;
  for (const auto& s : sends) floats += s.data.size();
  for (const auto& r : receives) floats += r.data.size();
  float* at = staged_.reserve(*device, floats);
  const auto next = [&at](std::size_t count) {
    float* const begin = at;
    at += count;
    return std::span(begin, count);
  };
  sends_.clear();
  receives_.clear();
  for (const auto& s : sends) {
    const auto copy = next(s.data.size());
    device->copy(copy.data(), s.data.data(), copy.size_bytes());
    sends_.push_back({s.to, copy});
  }
  for (const auto& r : receives) receives_.push_back({r.from, next(r.data.size())});
  communicator_.exchange(sends_, receives_);
  for (std::size_t k = 0; k < receives.size(); ++k) device->copy(receives[k].data.data(), receives_[k].data.data(), receives_[k].data.size_bytes());
}

}  // namespace xib
