#include "harness/comm/nccl_communicator.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"

#include <cuda_runtime_api.h>
#include <nccl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <numeric>
#include <thread>

namespace xib {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kIdentity = 320;  // bytes: a host's name and a bus address, zeros after them

void check_cuda(cudaError_t code, const char* call) {
  if (code != cudaSuccess) fail("{}: {}", call, cudaGetErrorString(code));
}

class Nccl final : public Communicator {
 public:
  Nccl(Communicator& host, const NcclOptions& options) : Communicator(host.rank(), host.size()), host_(host), options_(options) {
    const std::string own = on_every_rank(host_, [&] { return take_device(); });
    refuse_shared_gpus(own);
    const auto id = from_rank_0<ncclUniqueId>(host_, [&] {
      ncclUniqueId made;
      check(ncclGetUniqueId(&made), "ncclGetUniqueId");
      return made;
    });
    try {
      on_every_rank(host_, [&] {
        ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
        config.blocking = 0;  // a rank that does not come must not hold the others for ever
        check(ncclCommInitRankConfig(&comm_, size(), id, rank(), &config), "ncclCommInitRankConfig");
        std::vector<int> all(static_cast<std::size_t>(size()));
        std::iota(all.begin(), all.end(), 0);
        until([&] { return state() != ncclInProgress; }, "the first meeting", all);
        return 0;
      });
    } catch (...) {
      abort_nccl();  // a constructor that throws has no destructor
      release();
      throw;
    }
  }

  // Collective, except where this rank is alone with its error: finalizing would wait for ranks that do not come.
  ~Nccl() override {
    if (comm_ && std::uncaught_exceptions() == 0) {
      ncclResult_t s = ncclCommFinalize(comm_);
      const std::chrono::duration<double> most(std::min(10.0, options_.timeout_s));
      for (const auto from = Clock::now(); s == ncclInProgress && Clock::now() - from < most; std::this_thread::yield())
        if (const ncclResult_t asked = ncclCommGetAsyncError(comm_, &s); asked != ncclSuccess) s = asked;
      if (s == ncclSuccess) {
        ncclCommDestroy(comm_);
        comm_ = nullptr;
      }
    }
    abort_nccl();  // where a rank did not come to that, or this one is alone: destroying would wait for the others without a bound
    release();
  }

  double now() const override { return host_.now(); }
  bool reaches(Space) const override { return true; }
  [[noreturn]] void abort(int status) override {
    host_.abort(status);  // no call of NCCL: it may wait for ranks that are gone
    std::_Exit(status);
  }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override { host_.exchange(sends, receives); }
  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override { host_.all_gather(mine, counts, all); }
  void do_broadcast(std::span<std::byte> data, int root) override { host_.broadcast(data, root); }
  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override { return host_.gather(mine); }

  // After all that the legacy default stream was asked for so far, and finished on return: who waited, and for how long, stays true.
  void do_exchange_on_device(std::span<const Send> sends, std::span<const Receive> receives) override {
    if (!comm_) fail("NCCL: an exchange after one that failed (this is a bug)");
    std::vector<int> peers;
    check_cuda(cudaEventRecord(done_, nullptr), "cudaEventRecord");
    check_cuda(cudaStreamWaitEvent(stream_, done_, 0), "cudaStreamWaitEvent");
    check(ncclGroupStart(), "ncclGroupStart");
    for (const auto& r : receives)
      if (!r.data.empty()) {
        peers.push_back(r.from);
        check(ncclRecv(r.data.data(), r.data.size(), ncclFloat, r.from, comm_, stream_), "ncclRecv");
      }
    for (const auto& s : sends)
      if (!s.data.empty()) {
        peers.push_back(s.to);
        check(ncclSend(s.data.data(), s.data.size(), ncclFloat, s.to, comm_, stream_), "ncclSend");
      }
    check(ncclGroupEnd(), "ncclGroupEnd");
    until([&] { return state() != ncclInProgress; }, "exchange", peers);  // it is on the stream now
    check_cuda(cudaEventRecord(done_, stream_), "cudaEventRecord");
    until([&] { return is_done(); }, "exchange", peers);
  }

 private:
  std::string take_device() {
    int visible = 0;
    if (const auto code = cudaGetDeviceCount(&visible); code != cudaSuccess) refuse(Key{"train.device"}, "no GPU can be used: {}", cudaGetErrorString(code));
    require(options_.device >= 0 && options_.device < visible, Key{"train.device"}, "there is no GPU {}: rank {} sees {}", options_.device, rank(), visible);
    check_cuda(cudaSetDevice(options_.device), "cudaSetDevice");
    check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    check_cuda(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    char bus[32] = {};
    check_cuda(cudaDeviceGetPCIBusId(bus, sizeof(bus), options_.device), "cudaDeviceGetPCIBusId");
    char name[256] = {};
    gethostname(name, sizeof(name) - 1);
    const char* const as = std::getenv("NCCL_HOSTID");
    return fmt::format("{} {}", as ? as : name, bus);
  }

  // NCCL would say "Duplicate GPU detected" on one rank and "remote error" on the others: it is said once, on all, with the remedy.
  void refuse_shared_gpus(const std::string& own) {
    std::vector<std::byte> mine(kIdentity);
    std::memcpy(mine.data(), own.data(), std::min(own.size(), mine.size() - 1));
    const auto all = host_.gather(mine);
    from_rank_0<int>(host_, [&] {
      const auto of = [&](int r) { return std::string(reinterpret_cast<const char*>(all.data()) + static_cast<std::size_t>(r) * kIdentity); };
      for (int a = 0; a < size(); ++a)
        for (int b = 0; b < a; ++b)
          require(of(a) != of(b),
                  "ranks {} and {} would share a GPU ({}), which NCCL refuses: start one rank per GPU (for tests give every rank its own NCCL_HOSTID)", b, a,
                  of(a));
      return 0;
    });
  }

  bool is_done() {
    state();
    const cudaError_t code = cudaEventQuery(done_);
    if (code == cudaErrorNotReady) return false;
    check_cuda(code, "exchange by NCCL");
    return true;
  }

  ncclResult_t state() {
    ncclResult_t s = ncclSuccess;
    const ncclResult_t asked = ncclCommGetAsyncError(comm_, &s);
    if (asked != ncclSuccess) s = asked;
    if (s != ncclSuccess && s != ncclInProgress) give_up(ncclGetErrorString(s));
    return s;
  }

  void check(ncclResult_t code, const char* call) {
    if (code != ncclSuccess && code != ncclInProgress) give_up(fmt::format("{}: {}", call, ncclGetErrorString(code)));
  }

  template <class Done>
  void until(const Done& is_there, const char* what, std::vector<int>& peers) {
    std::sort(peers.begin(), peers.end());
    peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
    std::erase(peers, rank());
    waits_for_ = fmt::format("{}: rank {} waited for rank{} {}", what, rank(), peers.size() == 1 ? "" : "s", fmt::join(peers, ", "));
    const auto from = Clock::now();
    for (int turn = 0; !is_there(); ++turn) {
      if (std::chrono::duration<double>(Clock::now() - from).count() > options_.timeout_s)
        give_up(fmt::format("nothing arrived for {:g} s (a rank hangs, or the network blocks NCCL: NCCL_DEBUG=INFO shows more)", options_.timeout_s));
      if (turn > 1000) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    waits_for_.clear();
  }

  [[noreturn]] void give_up(const std::string& why) {
    const char* const last = comm_ ? ncclGetLastError(comm_) : "";
    const std::string message =
        fmt::format("NCCL: {}{}{}{}{}", waits_for_, waits_for_.empty() ? "" : ": ", why, last && *last ? "; it says: " : "", last ? last : "");
    abort_nccl();
    throw Error(Fault::work, message);
  }

  // A kernel that waits for a rank that is gone would hold every cudaFree: it has to end first. Aborting may itself wait for ranks that are gone
  // (NVIDIA/nccl issue 863), so it gets a thread of its own and ten seconds.
  void abort_nccl() {
    if (!comm_) return;
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    std::thread([ended, comm = comm_] {
      ncclCommAbort(comm);
      *ended = true;
    }).detach();
    for (int k = 0; k < 1000 && !*ended; ++k) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    comm_ = nullptr;
  }

  void release() {
    if (done_) cudaEventDestroy(done_);
    if (stream_) cudaStreamDestroy(stream_);
  }

  Communicator& host_;
  NcclOptions options_;
  ncclComm_t comm_ = nullptr;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t done_ = nullptr;
  std::string waits_for_;
};

}  // namespace

std::unique_ptr<Communicator> make_nccl_communicator(Communicator& host, const NcclOptions& options) { return std::make_unique<Nccl>(host, options); }

std::string nccl_version() {
  int v = 0;
  return ncclGetVersion(&v) == ncclSuccess ? fmt::format("{}.{}.{}", v / 10000, v / 100 % 100, v % 100) : "unknown";
}

}  // namespace xib
