#include "datasets/data_file.hpp"

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/paths.hpp"

#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace xib {

std::string data_file_path(const std::string& directory, std::string_view name, std::string* problem) {
  const auto plain = (std::filesystem::path(directory) / name).string();
  std::string found, unusable;
  for (const auto& path : {plain, plain + ".gz"}) {
    const Place place = look_at(path);
    if (place.kind == Place::Kind::file && found.empty()) found = path;
    if (place.kind != Place::Kind::file && place.kind != Place::Kind::absent && unusable.empty()) unusable = fmt::format("{}: {}", path, place.reason());
  }
  if (problem) *problem = found.empty() ? unusable : "";
  return found;
}

DataFile read_data_file(const std::string& directory, const std::string& name, std::int64_t expected, std::string_view remedy) {
  DataFile out;
  std::string problem;
  out.path = data_file_path(directory, name, &problem);
  const auto plain = (std::filesystem::path(directory) / name).string();
  require(problem.empty(), "cannot read {}; {}", problem, remedy);
  require(!out.path.empty(), "{} does not exist, nor does {}.gz; {}", plain, plain, remedy);

  const OpenFile opened = open_file(out.path, remedy);
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzdopen(dup(fileno(opened.get())), "rb"), gzclose);  // reads plain files too
  require(file != nullptr, "cannot read {}: {}; {}", out.path, std::strerror(errno), remedy);
  gzbuffer(file.get(), 1 << 18);
  if (expected > 0) out.bytes.reserve(static_cast<std::size_t>(expected));
  std::array<std::uint8_t, 1 << 16> block;
  int got = 0;
  while ((got = gzread(file.get(), block.data(), block.size())) > 0) out.bytes.insert(out.bytes.end(), block.begin(), block.begin() + got);
  int status = Z_OK;
  const std::string reason = gzerror(file.get(), &status);
  require(got == 0 && status == Z_OK, "{} is truncated or corrupt after {} unpacked bytes ({}); {}", out.path, out.bytes.size(),
          status == Z_BUF_ERROR ? "it ends in the middle of the gzip stream" : reason, remedy);
  require(expected < 0 || static_cast<std::int64_t>(out.bytes.size()) == expected, "{} has {} bytes where {} were expected; {}", out.path, out.bytes.size(),
          expected, remedy);
  out.checksum = {std::filesystem::path(out.path).filename().string(), sha256_file(out.path)};
  return out;
}

}  // namespace xib
