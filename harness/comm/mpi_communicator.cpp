#include "harness/comm/mpi_communicator.hpp"

#include "harness/core/check.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

namespace xib {
namespace {

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  fail("{}: {}", call, std::string_view(text.data(), static_cast<std::size_t>(length)));
}

int to_int(std::size_t count) {
  if (count > static_cast<std::size_t>(std::numeric_limits<int>::max())) fail("a message of {} elements is too long for MPI", count);
  return static_cast<int>(count);
}

int initialise() {
  int provided = 0;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED) fail("this MPI has no MPI_THREAD_FUNNELED, which node threads need: use another MPI or build");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  int rank = 0;
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  return rank;
}

int world_size() {
  int size = 0;
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
  return size;
}

class Mpi final : public Communicator {
 public:
  Mpi() : Communicator{initialise(), world_size()} {}  // braces: in this order, as MPI_Comm_size may not come first
  ~Mpi() override { MPI_Finalize(); }

  double now() const override { return MPI_Wtime(); }

  [[noreturn]] void abort(int status) override {
    MPI_Abort(MPI_COMM_WORLD, status);
    std::_Exit(status);
  }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    requests_.clear();
    for (const auto& r : receives)
      check_mpi(MPI_Irecv(r.data.data(), to_int(r.data.size()), MPI_FLOAT, r.from, kTag, MPI_COMM_WORLD, &requests_.emplace_back()), "MPI_Irecv");
    for (const auto& s : sends)
      check_mpi(MPI_Isend(s.data.data(), to_int(s.data.size()), MPI_FLOAT, s.to, kTag, MPI_COMM_WORLD, &requests_.emplace_back()), "MPI_Isend");
    check_mpi(MPI_Waitall(to_int(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  }

  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override {
    offsets_.assign(counts.size(), 0);
    for (std::size_t r = 1; r < counts.size(); ++r) offsets_[r] = offsets_[r - 1] + counts[r - 1];
    check_mpi(MPI_Allgatherv(mine.data(), to_int(mine.size()), MPI_DOUBLE, all.data(), counts.data(), offsets_.data(), MPI_DOUBLE, MPI_COMM_WORLD),
              "MPI_Allgatherv");
  }

  void do_broadcast(std::span<std::byte> data, int root) override {
    for (std::size_t at = 0; at < data.size(); at += kChunk) {
      const auto part = data.subspan(at, std::min(kChunk, data.size() - at));
      check_mpi(MPI_Bcast(part.data(), to_int(part.size()), MPI_BYTE, root, MPI_COMM_WORLD), "MPI_Bcast");
    }
  }

  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override {
    const std::uint64_t length = mine.size();
    std::vector<std::uint64_t> lengths(static_cast<std::size_t>(rank() == 0 ? size() : 0));
    check_mpi(MPI_Gather(&length, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T, 0, MPI_COMM_WORLD), "MPI_Gather");
    if (rank() != 0) {
      for (std::size_t at = 0; at < mine.size(); at += kChunk) {
        const auto part = mine.subspan(at, std::min(kChunk, mine.size() - at));
        check_mpi(MPI_Send(part.data(), to_int(part.size()), MPI_BYTE, 0, kTag, MPI_COMM_WORLD), "MPI_Send");
      }
      return {};
    }
    std::vector<std::byte> all(mine.begin(), mine.end());
    for (int r = 1; r < size(); ++r) {
      const std::size_t begin = all.size(), total = lengths[static_cast<std::size_t>(r)];
      all.resize(begin + total);
      for (std::size_t at = 0; at < total; at += kChunk)
        check_mpi(MPI_Recv(all.data() + begin + at, to_int(std::min(kChunk, total - at)), MPI_BYTE, r, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE), "MPI_Recv");
    }
    return all;
  }

 private:
  static constexpr int kTag = 7;
  static constexpr std::size_t kChunk = std::size_t{1} << 30;
  std::vector<MPI_Request> requests_;
  std::vector<int> offsets_;
};

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator() { return std::make_unique<Mpi>(); }

std::string mpi_library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "MPI";
  const std::string name(text.data(), static_cast<std::size_t>(length));
  return name.substr(0, name.find_first_of(",\n"));
}

bool mpi_speaks_pmi() {
#ifdef XB_MPI_WITHOUT_PMI
  return std::getenv("FLUX_JOB_ID") != nullptr;  // Open MPI has that dialect in a part of its own
#else
  return true;
#endif
}

}  // namespace xib
