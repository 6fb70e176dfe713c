#pragma once

#include "harness/core/check.hpp"
#include "harness/mix/device.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>

namespace xib {

// Matrix with one row of `dim` floats per node of this rank, in host memory or on a device. Rows are contiguous and 64-byte aligned; padding is zero. The
// memory never moves, so that a model's parameters can be views of a row.
class NodeMatrix {
 public:
  // device null: host memory. The device must outlive the matrix.
  NodeMatrix(int count, std::size_t dim, Device* device = nullptr)
      : count_(count),
        dim_(dim),
        stride_((dim + 15) / 16 * 16),
        device_(device),
        data_(static_cast<float*>(device ? device->allocate(bytes()) : ::operator new[](bytes(), std::align_val_t{64})), Free{device}) {
    if (!device) std::fill_n(data_.get(), static_cast<std::size_t>(count_) * stride_, 0.0f);
  }
  int count() const { return count_; }
  std::size_t dim() const { return dim_; }
  std::size_t stride() const { return stride_; }  // floats from one row to the next
  Device* device() const { return device_; }
  Space space() const { return device_ ? Space::device : Space::host; }

  // Row of a matrix in host memory. Code that does not know where a matrix is uses the calls below.
  std::span<float> row(int k) {
    check_on_host();
    return {address(k), dim_};
  }
  std::span<const float> row(int k) const {
    check_on_host();
    return {address(k), dim_};
  }
  float* data() { return data_.get(); }  // in host memory or on the device
  const float* data() const { return data_.get(); }
  float* address(int k) { return data_.get() + static_cast<std::size_t>(k) * stride_; }
  const float* address(int k) const { return data_.get() + static_cast<std::size_t>(k) * stride_; }

  // Copies a row to and from host memory; the matrix may be on a device.
  void read_row(int k, std::span<float> to) const { move(to.data(), address(k), dim_ * sizeof(float)); }
  void write_row(int k, std::span<const float> from) { move(address(k), from.data(), dim_ * sizeof(float)); }
  // Copies one float of every row into host memory.
  void read_column(std::size_t column, std::span<float> to) const {
    if (device_)
      return device_->copy_pieces(to.data(), sizeof(float), data() + column, stride_ * sizeof(float), sizeof(float), static_cast<std::size_t>(count_));
    for (int k = 0; k < count_; ++k) to[static_cast<std::size_t>(k)] = address(k)[column];
  }
  void copy_row(int k, const NodeMatrix& from, int from_row) { move_between(*this, k, from, from_row); }

 private:
  struct Free {
    Device* device = nullptr;
    void operator()(float* p) const { device ? device->release(p) : ::operator delete[](p, std::align_val_t{64}); }
  };
  void check_on_host() const {
    if (device_) fail("a loop on the host asks for a row that is on {} (this is a bug)", device_->name());
  }
  void move(float* to, const float* from, std::size_t bytes) const {
    if (bytes == 0) return;
    device_ ? device_->copy(to, from, bytes) : void(std::memcpy(to, from, bytes));
  }
  static void move_between(NodeMatrix& to, int to_row, const NodeMatrix& from, int from_row) {
    const NodeMatrix& on_device = to.device_ ? to : from;
    on_device.move(to.address(to_row), from.address(from_row), to.dim_ * sizeof(float));
  }
  std::size_t bytes() const { return static_cast<std::size_t>(count_) * stride_ * sizeof(float) + 64; }
  int count_;
  std::size_t dim_, stride_;
  Device* device_;
  std::unique_ptr<float[], Free> data_;
};

// Work on columns begin .. end of all rows of a matrix in host memory, by a worker of a ThreadPool. Both are multiples of 16, but for an end
// that is dim. Several such works can follow each other while the columns are in cache.
using ColumnWork = std::function<void(std::size_t begin, std::size_t end, int worker)>;

}  // namespace xib
