#include "harness/comm/nccl_communicator.hpp"
#include "harness/comm/thread_world.hpp"
#include "harness/core/check.hpp"
#include "harness/mix/device_array.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"
#include "tests/contract/world.hpp"
#include "tests/gpu/gpu_worlds.hpp"
#include "tests/gpu/ranks.hpp"

#include <catch2/catch.hpp>

#include <mutex>

// The contract of every back end for NCCL, once as it is, with messages in host memory, and once with every message of an exchange in device memory.
using namespace xib;
using namespace xib::test;

namespace {

constexpr int kRanks[] = {1, 2, 4, 7};

// As many ranks as there are GPUs to give one to each.
template <class Body>
void for_all_worlds(const Body& body) {
  const int most = cuda_device_count();
  for (const int ranks : kRanks) {
    if (ranks > most) continue;
    on_ranks(ranks, [&](Communicator& host) {
      const auto nccl = make_nccl_communicator(host, {host.rank(), 60});
      const auto device = make_cuda_device(host.rank());
      body(*nccl, *device);
    });
  }
}

// Copies what is exchanged to the device and back.
class OnDevice final : public Communicator {
 public:
  OnDevice(Communicator& nccl, Device& device) : Communicator(nccl.rank(), nccl.size()), nccl_(nccl), device_(device) {}
  [[noreturn]] void abort(int status) override {
    nccl_.abort(status);
    std::_Exit(status);
  }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    std::vector<DeviceArray<float>> arrays(sends.size() + receives.size());
    std::vector<Send> there_sends;
    std::vector<Receive> there_receives;
    auto array = arrays.begin();
    for (const auto& s : sends) {
      float* const there = (array++)->reserve(device_, s.data.size() + 1);
      device_.copy(there, s.data.data(), s.data.size_bytes());
      there_sends.push_back({s.to, {there, s.data.size()}});
    }
    for (const auto& r : receives) there_receives.push_back({r.from, {(array++)->reserve(device_, r.data.size() + 1), r.data.size()}});
    nccl_.exchange(there_sends, there_receives, Space::device);
    for (std::size_t k = 0; k < receives.size(); ++k) device_.copy(receives[k].data.data(), there_receives[k].data.data(), receives[k].data.size_bytes());
  }
  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override { nccl_.all_gather(mine, counts, all); }
  void do_broadcast(std::span<std::byte> data, int root) override { nccl_.broadcast(data, root); }
  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override { return nccl_.gather(mine); }

 private:
  Communicator& nccl_;
  Device& device_;
};

}  // namespace

void on_every_rank(const std::function<void(Communicator&)>& body) {
  for_all_worlds([&](Communicator& nccl, Device& device) {
    body(nccl);
    OnDevice on_device(nccl, device);
    body(on_device);
  });
}

TEST_CASE("gossip and exact measuring between devices by NCCL have the bits of one rank on the host") {
  const int nodes = 13;
  const Rows rows = rough_rows(nodes, 3001, 6);
  const auto work = [](Communicator& communicator, const NodeLayout& layout, NodeMatrix& x) {
    ThreadPool pool(1);
    const MixingSchedule schedule = alternating(layout.nodes);
    Mixer mixer(communicator, pool, layout, x.dim(), schedule);
    NodeStatistics statistics(communicator, pool, layout, x.dim());
    std::vector<double> moved(static_cast<std::size_t>(x.count()));
    mixer.rounds(x, 0, 4, 0.7, moved);
    const auto moments = statistics.measure(x, Gram::yes);
    Rows out = rows_of(x);
    for (int k = 0; k < x.count(); ++k) {
      auto& row = out[static_cast<std::size_t>(k)];
      row.push_back(static_cast<float>(moved[static_cast<std::size_t>(k)]));
      row.push_back(static_cast<float>(moments.distance));
      for (const double g : moments.gram) row.push_back(static_cast<float>(g));
    }
    statistics.average(x);
    const Rows averaged = rows_of(x);
    for (std::size_t k = 0; k < out.size(); ++k) out[k].insert(out[k].end(), averaged[k].begin(), averaged[k].end());
    return out;
  };
  flush_denormals();
  Rows expected;
  run_thread_ranks(1, [&](Communicator& alone) {
    flush_denormals();
    NodeMatrix x = matrix_of(rows, {nodes, 1, 0}, nullptr);
    expected = work(alone, {nodes, 1, 0}, x);
  });
  for_all_worlds([&](Communicator& nccl, Device& device) {
    flush_denormals();
    const NodeLayout layout{nodes, nccl.size(), nccl.rank()};
    for (int turn = 0; turn < 3; ++turn) {
      NodeMatrix x = matrix_of(rows, layout, &device);
      const Rows got = work(nccl, layout, x);
      for (std::size_t k = 0; k < got.size(); ++k)
        if (!same_bits(got[k], expected[static_cast<std::size_t>(layout.mine().first) + k]))
          fail("rank {} of {}: node {} has other bits", nccl.rank(), nccl.size(), layout.mine().first + static_cast<int>(k));
    }
  });
}
