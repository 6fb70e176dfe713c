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
