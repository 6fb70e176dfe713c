#include "harness/core/limits.hpp"

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/text.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace xib {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

double resource_limit(__rlimit_resource which) {
  rlimit limit{};
  return getrlimit(which, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ? kNone : static_cast<double>(limit.rlim_cur);
}

// A file that holds one number, or "max".
double number_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  double value = 0;
  return in >> value ? value : kNone;
}

// The least of a control group's own limit and those of the groups above it. /proc/self/cgroup has lines "N:controllers:path"; version 2 is "0::path".
double group_limit(const std::string& controller, const std::string& version_2, const std::string& version_1) {
  double least = kNone;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    std::istringstream in(line);
    std::string number, controllers, path;
    if (!std::getline(in, number, ':') || !std::getline(in, controllers, ':') || !std::getline(in, path)) continue;
    const bool unified = controllers.empty();
    if (!unified && ("," + controllers + ",").find("," + controller + ",") == std::string::npos) continue;
    const std::filesystem::path root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controller;
    for (std::filesystem::path group = path;; group = group.parent_path()) {
      least = std::min(least, number_in(root / group.relative_path() / (unified ? version_2 : version_1)));
      if (!group.has_relative_path()) break;
    }
  }
  return least;
}

}  // namespace

Limit memory_limit() {
  const std::array<Limit, 4> all = {{{static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)), "the memory of this machine"},
                                     {group_limit("memory", "memory.max", "memory.limit_in_bytes"), "the memory limit of this control group"},
                                     {resource_limit(RLIMIT_AS), "ulimit -v"},
                                     {resource_limit(RLIMIT_DATA), "ulimit -d"}}};
  Limit least;
  for (const auto& limit : all)
    if (limit.value > 0 && limit.value < least.value) least = limit;
  return least;
}

std::string thread_limits() {
  std::vector<std::string> known;
  const auto add = [&](const char* what, double value) {
    if (std::isfinite(value)) known.push_back(fmt::format("{} is {:.0f}", what, value));
  };
  add("ulimit -u (processes and threads of this user)", resource_limit(RLIMIT_NPROC));
  add("pids.max of the control group", group_limit("pids", "pids.max", "pids.max"));
  if (const double space = resource_limit(RLIMIT_AS); std::isfinite(space))
    known.push_back(fmt::format("ulimit -v (every thread needs a stack) is {}", bytes_text(space)));
  add("kernel.threads-max", number_in("/proc/sys/kernel/threads-max"));
  return fmt::format("{}", fmt::join(known, ", "));
}

double room_for_files(const std::string& path) {
  std::error_code unknown;
  std::filesystem::path folder = std::filesystem::absolute(path, unknown);
  while (folder.has_relative_path() && !std::filesystem::exists(folder, unknown)) folder = folder.parent_path();
  struct statvfs system {};
  if (statvfs(folder.c_str(), &system) != 0) return kNaN;
  return static_cast<double>(system.f_bavail) * static_cast<double>(system.f_frsize);
}

double parse_bytes(std::string_view text, std::string_view key) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::string_view kUnits = "KMGT";
  const bool sound = problem == std::errc() && unit.size() == 1 && kUnits.find(unit[0]) != std::string_view::npos && number > 0 && std::isfinite(number);
  require(sound, Key{key}, "'{}' is not an amount of memory: write a number and K, M, G or T, such as 64G", text);
  return number * std::pow(1024.0, static_cast<double>(kUnits.find(unit[0]) + 1));
}

}  // namespace xib
