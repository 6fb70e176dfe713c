#include "harness/cli/out_of_memory.hpp"

#include "harness/core/check.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

namespace {

// The text is made without memory.
class OutOfMemory final : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::size_t bytes) noexcept {
    std::array<char, 64> limit{};
    rlimit space{};
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
      std::snprintf(limit.data(), limit.size(), " (ulimit -v is %llu kB)", static_cast<unsigned long long>(space.rlim_cur / 1024));
    std::snprintf(
        text_.data(), text_.size(),
        "out of memory: %.0f MB more were needed%s: spread the run over more ranks on more hosts, give fewer --jobs or --threads, or raise the limit; the last checkpoint is kept",
        static_cast<double>(bytes) / 1e6, limit.data());
  }
  const char* what() const noexcept override { return text_.data(); }

 private:
  std::array<char, 320> text_{};
};

[[noreturn]] void say_and_end() {
  std::array<char, 512> text{};
  const char* why = "an unexpected error";
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    std::snprintf(text.data(), text.size(), "xibench: %s\n", error.what());
  } catch (...) {
  }
  if (text[0] == 0) std::snprintf(text.data(), text.size(), "xibench: %s\n", why);
  if (write(STDERR_FILENO, text.data(), std::strlen(text.data())) < 0) std::_Exit(static_cast<int>(xib::Fault::work));
  std::_Exit(static_cast<int>(xib::Fault::work));
}

}  // namespace

// Operator new of the whole program and its libraries.
void* operator new(std::size_t bytes) {
  for (;;) {
    if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw OutOfMemory(bytes);
    handler();
  }
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  for (;;) {
    if (void* memory = std::aligned_alloc(unit, (std::max<std::size_t>(bytes, 1) + unit - 1) / unit * unit)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw OutOfMemory(bytes);
    handler();
  }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace xib {

void say_where_memory_ends() { std::set_terminate(say_and_end); }

}  // namespace xib
