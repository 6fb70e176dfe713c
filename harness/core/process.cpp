#include "harness/core/process.hpp"

#include "harness/core/hash.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace xib {
namespace {

struct Entry {
  char state = 0;  // 0: cannot be read
  std::int64_t start = 0;
};

Entry read_entry(std::int64_t pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto after_name = text.rfind(')');  // the name may hold anything
  if (after_name == std::string::npos) return {};
  std::istringstream fields(text.substr(after_name + 1));
  Entry entry;
  std::string skipped;
  fields >> entry.state;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> entry.start;
  return entry;
}

std::string first_word(const char* path) {
  std::ifstream in(path);
  std::string word;
  in >> word;
  return word;
}

}  // namespace

ProcessSpace process_space() {
  const std::string machine = first_word("/etc/machine-id");
  std::error_code unknown;
  return {.machine = machine.empty() ? "" : sha256("xibench " + machine).substr(0, 16),  // the id itself is not for others' eyes
          .boot = first_word("/proc/sys/kernel/random/boot_id"),
          .pids = std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string()};
}

std::int64_t process_start(std::int64_t pid) { return read_entry(pid).start; }

bool process_is_gone(std::int64_t pid, std::int64_t started) {
  if (pid <= 0 || (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH)) return true;
  const Entry entry = read_entry(pid);
  if (entry.state == 0) return false;  // it ends just now, or is another user's and hidden: not known
  return entry.state == 'Z' || entry.state == 'X' || (started != 0 && entry.start != started);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

std::vector<std::string> own_arguments() {
  std::ifstream in("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  return words;
}

std::string folder_of_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

std::string output_of(const std::string& command) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> part{};
  while (pipe && std::fgets(part.data(), part.size(), pipe.get())) text += part.data();
  return text;
}

}  // namespace xib
