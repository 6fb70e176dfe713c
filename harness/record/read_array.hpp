#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "harness/record/hdf5_file.hpp"

namespace xib {

inline void check_shape(const Hdf5Reader& file, const std::string& path, const Shape& shape) {
  if (file.shape(path) != shape)
    throw Hdf5Failure(fmt::format("{} has shape ({}), expected ({})", path, fmt::join(file.shape(path), ", "), fmt::join(shape, ", ")));
}

// Empty where the file has no such dataset.
template <class T>
std::vector<T> read_array(const Hdf5Reader& file, const std::string& path, const Shape& shape) {
  if (!file.has(path)) return {};
  check_shape(file, path, shape);
  return file.dataset<T>(path);
}

}  // namespace xib
