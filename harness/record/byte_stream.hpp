#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/core/check.hpp"

namespace xib {

// Writer of numbers (little endian, as in memory), texts and arrays, one after another; texts and arrays follow their size.
class ByteWriter {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    raw(std::as_bytes(std::span(&value, 1)));
  }
  void text(const std::string& value) {
    number<std::uint64_t>(value.size());
    raw(std::as_bytes(std::span(value)));
  }
  template <class T>
  void array(const std::vector<T>& values) {
    number<std::uint64_t>(values.size());
    if constexpr (std::is_same_v<T, std::string>) {
      for (const auto& value : values) text(value);
    } else {
      raw(std::as_bytes(std::span(values)));
    }
  }
  void raw(std::span<const std::byte> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// Reader of what ByteWriter wrote; throws Error(work) if the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : left_(bytes) {}
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(1, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() {
    const auto bytes = take(number<std::uint64_t>(), 1);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <class T>
  std::vector<T> array() {
    const auto count = number<std::uint64_t>();
    if constexpr (std::is_same_v<T, std::string>) {
      std::vector<std::string> values;
      for (std::uint64_t i = 0; i < count; ++i) values.push_back(text());
      return values;
    } else {
      const auto bytes = take(count, sizeof(T));
      std::vector<T> values(count);
      if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
      return values;
    }
  }
  bool at_end() const { return left_.empty(); }

 private:
  std::span<const std::byte> take(std::uint64_t count, std::size_t size) {
    if (count > left_.size() / size) fail("the bytes end too early: they are not what was written");
    const auto bytes = left_.first(count * size);
    left_ = left_.subspan(count * size);
    return bytes;
  }
  std::span<const std::byte> left_;
};

}  // namespace xib
