#include "harness/cli/beside.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "harness/record/hdf5_crash.hpp"

namespace xib {
namespace {

constexpr std::size_t kWorthAProcess = 32;  // lines

using Line = std::function<std::string(std::size_t)>;

// Process that says every line k with k = first, first + step, ...
class Reader {
 public:
  Reader(std::size_t first, std::size_t step, std::size_t count, const Line& line) {
    int ends[2];
    if (pipe(ends) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      crash_silently();
      close(ends[0]);
      say_all(fdopen(ends[1], "w"), first, step, count, line);
      _exit(0);
    }
    close(ends[1]);
    in_ = child_ > 0 ? fdopen(ends[0], "r") : nullptr;
    if (!in_) close(ends[0]);
  }
  Reader(Reader&& other) noexcept { *this = std::move(other); }
  Reader& operator=(Reader&& other) noexcept {
    std::swap(child_, other.child_), std::swap(in_, other.in_), std::swap(text_, other.text_), std::swap(room_, other.room_);
    return *this;
  }
  ~Reader() {
    stop();
    std::free(text_);
    status();
  }

  // Its process ends when it writes, once those that were started after it have ended: they have copies of this end of the pipe.
  void stop() {
    if (in_) std::fclose(std::exchange(in_, nullptr));
  }

  // False: there is none, or it was cut off.
  bool next(std::string& line) {
    const auto size = in_ ? getline(&text_, &room_, in_) : -1;
    if (size < 1 || text_[size - 1] != '\n') return false;
    line.assign(text_, static_cast<std::size_t>(size) - 1);
    return true;
  }

  // Of one that was cut off.
  bool crashed() {
    const int how = status();
    return WIFSIGNALED(how) && std::find(std::begin(kCrashes), std::end(kCrashes), WTERMSIG(how)) != std::end(kCrashes);
  }

 private:
  static void say_all(std::FILE* out, std::size_t first, std::size_t step, std::size_t count, const Line& line) {
    try {
      for (std::size_t k = first; out && k < count; k += step)
        if (std::fprintf(out, "%s\n", line(k).c_str()) < 0 || std::fflush(out) != 0) return;  // each at once: where it crashes is known
    } catch (...) {                                                                           // it is thrown again where the line is needed
    }
  }

  // Waits for its end.
  int status() {
    int how = 0;
    if (child_ > 0) waitpid(std::exchange(child_, -1), &how, 0);
    return how;
  }

  pid_t child_ = -1;
  std::FILE* in_ = nullptr;
  char* text_ = nullptr;
  std::size_t room_ = 0;
};

struct Readers {
  std::vector<Reader> all;
  ~Readers() {
    for (Reader& reader : all) reader.stop();  // all, before the first is waited for
  }
};

}  // namespace

void lines_from_beside(std::size_t count, const Line& line, const Line& lost, const std::function<void(std::size_t, const std::string&)>& take) {
  if (count == 0) return;
  const std::size_t processes = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, std::max<std::size_t>(1, count / kWorthAProcess));
  Readers readers;
  std::fflush(nullptr);  // what waits in a buffer would be written by every process
  for (std::size_t r = 0; r < processes; ++r) readers.all.emplace_back(r, processes, count, line);
  for (std::size_t k = 0; k < count; ++k) {
    Reader& reader = readers.all[k % processes];
    std::string said;
    if (!reader.next(said)) {
      const bool crashed = reader.crashed();
      said = crashed ? lost(k) : line(k);
      if (crashed && k + processes < count) reader = Reader(k + processes, processes, count, line);
    }
    take(k, said);
  }
}

}  // namespace xib
