#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace xib {

// One row of `dim` floats per node of this rank; rows are contiguous and start 64-byte aligned, padding is zero. The memory never
// moves, so that a model's parameters can be views of a row.
class NodeMatrix {
 public:
  NodeMatrix(int count, std::size_t dim)
      : count_(count), dim_(dim), stride_((dim + 15) / 16 * 16),
        data_(static_cast<float*>(::operator new[](bytes(), std::align_val_t{64}))) {
    std::fill_n(data_.get(), static_cast<std::size_t>(count_) * stride_, 0.0f);
  }
  int count() const { return count_; }
  std::size_t dim() const { return dim_; }
  std::size_t stride() const { return stride_; }  // floats from one row to the next
  std::span<float> row(int k) { return {data_.get() + static_cast<std::size_t>(k) * stride_, dim_}; }
  std::span<const float> row(int k) const { return {data_.get() + static_cast<std::size_t>(k) * stride_, dim_}; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
  };
  std::size_t bytes() const { return static_cast<std::size_t>(count_) * stride_ * sizeof(float) + 64; }
  int count_;
  std::size_t dim_, stride_;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace xib
