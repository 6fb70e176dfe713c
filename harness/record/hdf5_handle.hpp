#pragma once

#include <hdf5.h>

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

// For the two .cpp files that speak HDF5 only.
namespace xib {

// The message of the HDF5 call that failed deepest, as the last failed call left it on the error stack.
std::string hdf5_reason();

// Owns an HDF5 identifier.
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

 private:
  hid_t id_;
  Close close_;
};

// Every return code is looked at: these throw Hdf5Failure "WHAT: reason".
void check_hdf5(long long status, const std::string& what);
Handle own(hid_t id, Handle::Close close, const std::string& what);

// While it lives, HDF5 prints no error stacks; what it did before is restored.
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

// The type in the file (little endian whatever the machine) and in memory of the C++ type T.
template <class T>
hid_t file_type();
template <class T>
hid_t memory_type();

Handle text_type();  // variable-length UTF-8

// Of the bytes of a value: the first 16 digits of their SHA-256.
std::string checksum(std::span<const std::byte> bytes);
// A text is its characters and a NUL.
std::vector<std::byte> bytes_of(std::span<const std::string> texts);
template <class T>
std::span<const std::byte> bytes_of(std::span<const T> values) {
  static_assert(std::endian::native == std::endian::little, "checksums are over little-endian bytes");
  return std::as_bytes(values);
}

}  // namespace xib
