#pragma once

#include <hdf5.h>

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Only hdf5_*.cpp include this file.
namespace xib {

// Message of the innermost HDF5 call that failed, from the error stack of the last failed call.
std::string hdf5_reason();

// Owner of an HDF5 identifier.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  void close_checked(const std::string& what);  // throws Hdf5Failure if that fails

 private:
  hid_t id_;
  Close close_;
};

// Checks of a return code: they throw Hdf5Failure "WHAT: reason".
void check_hdf5(long long status, const std::string& what);
Handle own(hid_t id, Handle::Close close, const std::string& what);

// Guard: while it lives, HDF5 prints no error stacks; then the previous behaviour is restored.
class QuietHdf5 {
 public:
  QuietHdf5();
  ~QuietHdf5();
  QuietHdf5(const QuietHdf5&) = delete;
  QuietHdf5& operator=(const QuietHdf5&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

// Cuts the values of a dataset into slabs of whole chunks, along one axis, in the order of the values. So a dataset goes through memory slab by slab.
class Slabs {
 public:
  Slabs(const std::vector<std::size_t>& shape, const std::vector<hsize_t>& chunk);
  // Number of values from value `position` to the end of its slab, 0 after the last. `start` and `count` become the hyperslab of these values.
  std::size_t at(std::size_t position, std::vector<hsize_t>& start, std::vector<hsize_t>& count) const;

 private:
  std::vector<std::size_t> shape_;
  std::size_t axis_, inner_, step_, total_;
};

// Types of a C++ type T in the file (little endian on every machine) and in memory.
template <class T>
hid_t file_type();
template <class T>
hid_t memory_type();

Handle text_type();  // variable-length UTF-8

// First 16 digits of the SHA-256 of these bytes.
std::string checksum(std::span<const std::byte> bytes);
// Bytes of a value for its checksum; each text ends with a NUL.
std::vector<std::byte> bytes_of(std::span<const std::string> texts);
template <class T>
std::span<const std::byte> bytes_of(std::span<const T> values) {
  static_assert(std::endian::native == std::endian::little, "checksums are over little-endian bytes");
  return std::as_bytes(values);
}

}  // namespace xib
