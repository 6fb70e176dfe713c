#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace xib {

struct TemporaryDirectory {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("xibench-datasets-" + std::to_string(::getpid()));
  TemporaryDirectory() { std::filesystem::create_directories(path); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const { std::ofstream(path / name, std::ios::binary) << bytes; }
};

}  // namespace xib
