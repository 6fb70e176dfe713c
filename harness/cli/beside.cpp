#include "harness/cli/beside.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

namespace xib {
namespace {

constexpr std::size_t kWorthAProcess = 32;  // lines

// Process that says every line k with k = first, first + step, ...
class Reader {
 public:
  Reader(std::size_t first, std::size_t step, std::size_t count, const std::function<std::string(std::size_t)>& line) {
    int ends[2];
    if (pipe(ends) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      std::FILE* out = fdopen(ends[1], "w");
      for (std::size_t k = first; out && k < count; k += step) std::fprintf(out, "%s\n", line(k).c_str());
      _exit(out && std::fclose(out) == 0 ? 0 : 1);
    }
    close(ends[1]);
    in_ = child_ > 0 ? fdopen(ends[0], "r") : nullptr;
    if (!in_) close(ends[0]);
  }
  Reader(Reader&& other) noexcept
      : child_(std::exchange(other.child_, -1)), in_(std::exchange(other.in_, nullptr)), text_(std::exchange(other.text_, nullptr)) {}
  ~Reader() {
    stop();
    std::free(text_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
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

 private:
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

void lines_from_beside(std::size_t count, const std::function<std::string(std::size_t)>& line,
                       const std::function<void(std::size_t, const std::string&)>& take) {
  const std::size_t processes = std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), count / kWorthAProcess);
  Readers readers;
  std::fflush(nullptr);  // what waits in a buffer would be written by every process
  for (std::size_t r = 0; r < processes && processes > 1; ++r) readers.all.emplace_back(r, processes, count, line);
  for (std::size_t k = 0; k < count; ++k) {
    std::string said;
    if (readers.all.empty() || !readers.all[k % processes].next(said)) said = line(k);
    take(k, said);
  }
}

}  // namespace xib
