#include "harness/record/hdf5_crash.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <mutex>

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"

namespace xib {
namespace {

thread_local const std::string* sentence = nullptr;  // of the innermost guard of this thread
std::atomic<bool> silent = false;

struct sigaction handlers_before[std::size(kCrashes)]{};

extern "C" void end_with_sentence(int number) {
  if (sentence && !silent) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, sentence->data(), sentence->size());
    _exit(static_cast<int>(Fault::input));
  }
  for (std::size_t k = 0; k < std::size(kCrashes); ++k)
    if (kCrashes[k] == number) sigaction(number, &handlers_before[k], nullptr);
  std::raise(number);  // once this handler has returned
}

// Handlers while there is a guard in any thread. Before and after, those of others are: Open MPI complains of a handler that it did not install. A sanitizer
// keeps its own, which says more.
class Handlers {
 public:
  void enter() {
    const std::scoped_lock lock(mutex_);
    if (kSanitizer || guards_++ > 0) return;
    struct sigaction action {};
    action.sa_handler = end_with_sentence;
    for (std::size_t k = 0; k < std::size(kCrashes); ++k) sigaction(kCrashes[k], &action, &handlers_before[k]);
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    if (kSanitizer || --guards_ > 0) return;
    for (std::size_t k = 0; k < std::size(kCrashes); ++k) sigaction(kCrashes[k], &handlers_before[k], nullptr);
  }

 private:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kSanitizer = true;
#else
  static constexpr bool kSanitizer = false;
#endif
  std::mutex mutex_;
  int guards_ = 0;
};

Handlers& handlers() {
  static Handlers one;
  return one;
}

}  // namespace

NamesCrash::NamesCrash(const std::string& path) : sentence_(fmt::format("xibench: {}\n", printable(crash_of(path)))), outer_(sentence) {
  sentence = &sentence_;
  handlers().enter();
}
NamesCrash::~NamesCrash() {
  handlers().leave();
  sentence = outer_;
}

std::string crash_of(const std::string& path) {
  return fmt::format("{} is not a usable run file: HDF5 crashes when it reads it, so it is damaged; if there is no other copy, remove it and run again", path);
}

void crash_silently() { silent = true; }

}  // namespace xib
