#include "harness/record/hdf5_handle.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>

#include "harness/core/hash.hpp"
#include "harness/record/hdf5_file.hpp"

namespace xib {

std::string hdf5_reason() {
  std::string reason;
  const auto take_first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && error->desc != nullptr) text = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &reason);
  return reason.empty() ? "no reason given by HDF5" : reason;
}

void check_hdf5(long long status, const std::string& what) {
  if (status < 0) throw Hdf5Failure(what + ": " + hdf5_reason());
}

Handle own(hid_t id, Handle::Close close, const std::string& what) {
  check_hdf5(id, what);
  return {id, close};
}

void Handle::close_checked(const std::string& what) { check_hdf5(close_(std::exchange(id_, H5I_INVALID_HID)), what); }

// The first axis along which a chunk holds more than one value: those before it are walked one by one.
Slabs::Slabs(const std::vector<std::size_t>& shape, const std::vector<hsize_t>& chunk) : shape_(shape), axis_(0), inner_(1) {
  while (axis_ + 1 < shape.size() && chunk[axis_] <= 1) ++axis_;
  for (std::size_t a = axis_ + 1; a < shape.size(); ++a) inner_ *= shape[a];
  step_ = static_cast<std::size_t>(chunk[axis_]);
  total_ = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::size_t Slabs::at(std::size_t position, std::vector<hsize_t>& start, std::vector<hsize_t>& count) const {
  if (position >= total_) return 0;
  const std::size_t extent = shape_[axis_], within = position % (extent * inner_);
  const std::size_t first = within / inner_, last = std::min(extent, first + step_ - first % step_);
  start.assign(shape_.size(), 0);
  count.assign(shape_.begin(), shape_.end());
  start[axis_] = first;
  count[axis_] = last - first;
  std::size_t outer = position / (extent * inner_);
  for (std::size_t a = axis_; a-- > 0;) {
    start[a] = outer % shape_[a];
    count[a] = 1;
    outer /= shape_[a];
  }
  return (last - first) * inner_;
}

QuietHdf5::QuietHdf5() {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
QuietHdf5::~QuietHdf5() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

// clang-format off
template <> hid_t file_type<double>() { return H5T_IEEE_F64LE; }
template <> hid_t file_type<float>() { return H5T_IEEE_F32LE; }
template <> hid_t file_type<std::int64_t>() { return H5T_STD_I64LE; }
template <> hid_t file_type<std::int32_t>() { return H5T_STD_I32LE; }
template <> hid_t file_type<std::int16_t>() { return H5T_STD_I16LE; }
template <> hid_t file_type<std::uint8_t>() { return H5T_STD_U8LE; }

template <> hid_t memory_type<double>() { return H5T_NATIVE_DOUBLE; }
template <> hid_t memory_type<float>() { return H5T_NATIVE_FLOAT; }
template <> hid_t memory_type<std::int64_t>() { return H5T_NATIVE_INT64; }
template <> hid_t memory_type<std::int32_t>() { return H5T_NATIVE_INT32; }
template <> hid_t memory_type<std::int16_t>() { return H5T_NATIVE_INT16; }
template <> hid_t memory_type<std::uint8_t>() { return H5T_NATIVE_UINT8; }
// clang-format on

Handle text_type() {
  Handle type = own(H5Tcopy(H5T_C_S1), H5Tclose, "H5Tcopy");
  check_hdf5(H5Tset_size(type, H5T_VARIABLE), "H5Tset_size");
  check_hdf5(H5Tset_cset(type, H5T_CSET_UTF8), "H5Tset_cset");
  return type;
}

std::string checksum(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex().substr(0, 16);
}

std::vector<std::byte> bytes_of(std::span<const std::string> texts) {
  std::vector<std::byte> bytes;
  for (const auto& text : texts) {
    const auto part = std::as_bytes(std::span(text.c_str(), text.size() + 1));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace xib
