#pragma once

#include <csignal>
#include <string>

namespace xib {

// Signals by which a crash ends a process.
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};

// Guard of reading a run file: HDF5 1.10 reads beyond its memory where some bytes of a file are damaged. While the guard lives, a crash of this thread ends the
// process with one sentence that names the file, and exit status 2.
class NamesCrash {
 public:
  explicit NamesCrash(const std::string& path);
  ~NamesCrash();
  NamesCrash(const NamesCrash&) = delete;
  NamesCrash& operator=(const NamesCrash&) = delete;

 private:
  std::string sentence_;
  const std::string* outer_;
};

// What the sentence says, and others who find out: `path` crashed HDF5.
std::string crash_of(const std::string& path);

// For a process whose parent looks at how it ended: from now on, a crash is a signal as usual.
void crash_silently();

}  // namespace xib
