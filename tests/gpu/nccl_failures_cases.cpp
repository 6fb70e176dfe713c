#include "harness/comm/nccl_communicator.hpp"
#include "harness/core/check.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"
#include "tests/gpu/gpu_worlds.hpp"
#include "tests/gpu/ranks.hpp"
#include "tests/stand_in/stand_in.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

// What goes wrong between GPUs is an error with a reason on every rank, within its timeout; nothing hangs. Over three ranks: threads, or processes of mpirun.
using namespace xib;
using namespace xib::test;

namespace {

// A variable of the environment that the stand-ins read, for one case.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// Messages of `length` floats to all, where all expect 10.
void send_to_all(Communicator& c, Device& device, int length) {
  NodeMatrix x(1 + c.size(), 16, &device);
  std::vector<Send> sends;
  std::vector<Receive> receives;
  for (int r = 0; r < c.size(); ++r) {
    if (r == c.rank()) continue;
    sends.push_back({r, {x.address(c.size()), static_cast<std::size_t>(length)}});
    receives.push_back({r, {x.address(r), 10}});
  }
  c.exchange(sends, receives, Space::device);
}

}  // namespace

TEST_CASE("ranks that would share a GPU are refused on all ranks, by name and with the remedy") {
  for (const auto& text : said([](Communicator& host) { make_nccl_communicator(host, {host.rank() / 2, 5}); })) {
    CHECK_THAT(text, Catch::Contains("ranks 0 and 1 would share a GPU") && Catch::Contains("one rank per GPU"));
  }
}

TEST_CASE("a GPU that one rank does not have is an error of all") {
  for (const auto& text : said([](Communicator& host) { make_nccl_communicator(host, {host.rank() * 99, 5}); }))
    CHECK_THAT(text, Catch::Contains("there is no GPU 99: rank 1 sees 8"));
}

TEST_CASE("a rank that hangs is named by who waits for it, after the timeout, and all end") {
  const auto texts = said([](Communicator& host) {
    const auto device = make_cuda_device(host.rank());
    const auto c = make_nccl_communicator(host, {host.rank(), 1});
    if (host.rank() == 2) {
      host.barrier();  // until the others have given it up
      fail("rank 2 was away");
    }
    try {
      send_to_all(*c, *device, 10);
    } catch (...) {
      host.barrier();
      throw;
    }
  });
  // Who gave up first says whom it missed; the others may hear only that its connections are gone.
  CHECK_THAT(texts[0] + texts[1], Catch::Contains("nothing arrived for 1 s") &&
                                      (Catch::Contains("rank 0 waited for ranks 1, 2") || Catch::Contains("rank 1 waited for ranks 0, 2")));
  for (const int rank : {0, 1})
    CHECK_THAT(texts[static_cast<std::size_t>(rank)],
               Catch::StartsWith("NCCL: exchange: rank ") && (Catch::Contains("nothing arrived for 1 s") || Catch::Contains("remote process exited")));
}

TEST_CASE("a rank that does not come to the first meeting is missed by all, after the timeout") {
  const Variable absent("XB_STAND_IN_NCCL_ABSENT", "2");
  for (const auto& text : said([](Communicator& host) { make_nccl_communicator(host, {host.rank(), 1}); }))
    CHECK_THAT(text, Catch::StartsWith("NCCL: the first meeting: rank 0 waited for ranks 1, 2: nothing arrived for 1 s"));
}

TEST_CASE("an asynchronous error of one rank ends all, in NCCL's words where it happened") {
  const Variable breaks("XB_STAND_IN_NCCL_BREAKS", "1");
  const auto texts = said([](Communicator& host) {
    const auto device = make_cuda_device(host.rank());
    const auto c = make_nccl_communicator(host, {host.rank(), 60});
    send_to_all(*c, *device, 10);
  });
  CHECK_THAT(texts[1], Catch::StartsWith("NCCL: exchange: rank 1 waited for ranks 0, 2: unhandled system error") &&
                           Catch::Contains("; it says: Call to ibv_modify_qp failed"));
  for (const std::size_t rank : {0, 2}) CHECK_THAT(texts[rank], Catch::StartsWith("NCCL: exchange: rank ") && Catch::Contains("remote process exited"));
}

TEST_CASE("a rank that ends with an error ends the others: they need not wait for their timeout") {
  const auto texts = said([](Communicator& host) {
    const auto device = make_cuda_device(host.rank());
    const auto c = make_nccl_communicator(host, {host.rank(), 300});
    if (host.rank() == 1) fail("rank 1 failed");
    send_to_all(*c, *device, 10);
  });
  CHECK(texts[1] == "rank 1 failed");
  for (const std::size_t rank : {0, 2}) CHECK_THAT(texts[rank], Catch::StartsWith("NCCL: exchange: rank ") && Catch::Contains("remote process exited"));
}

TEST_CASE("a rank that does not come to the end of all is not waited for without a bound") {
  const Variable stays("XB_STAND_IN_NCCL_STAYS", "1");
  CHECK(said([](Communicator& host) {
          const auto device = make_cuda_device(host.rank());
          const auto c = make_nccl_communicator(host, {host.rank(), 1});
          send_to_all(*c, *device, 10);
        }) == std::vector<std::string>(3));
}

TEST_CASE("messages of unequal length are an error, not a hang") {
  const auto texts = said([](Communicator& host) {
    const auto device = make_cuda_device(host.rank());
    const auto c = make_nccl_communicator(host, {host.rank(), 60});
    send_to_all(*c, *device, 8 + host.rank());
  });
  for (const auto& text : texts)
    CHECK_THAT(text, Catch::StartsWith("NCCL: exchange: rank ") && (Catch::Contains("invalid usage") || Catch::Contains("remote process exited")));
}

TEST_CASE("after an exchange that failed there is no other") {
  const auto texts = said([](Communicator& host) {
    const auto device = make_cuda_device(host.rank());
    const auto c = make_nccl_communicator(host, {host.rank(), 60});
    try {
      send_to_all(*c, *device, 9);
    } catch (const Error&) {
      send_to_all(*c, *device, 10);
    }
  });
  CHECK_THAT(texts[0], Catch::Contains("an exchange after one that failed"));
}

namespace {

// A communicator of host memory that refuses addresses of a device, as an MPI would be right to.
class HostOnly final : public Communicator {
 public:
  explicit HostOnly(Communicator& inner) : Communicator(inner.rank(), inner.size()), inner_(inner) {}
  [[noreturn]] void abort(int status) override {
    inner_.abort(status);
    std::_Exit(status);
  }
  int exchanges = 0;

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    ++exchanges;
    for (const auto& s : sends) check(s.data.data());
    for (const auto& r : receives) check(r.data.data());
    inner_.exchange(sends, receives);
  }
  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override {
    check(mine.data());
    check(all.data());
    inner_.all_gather(mine, counts, all);
  }
  void do_broadcast(std::span<std::byte> data, int root) override {
    check(data.data());
    inner_.broadcast(data, root);
  }
  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override {
    check(mine.data());
    return inner_.gather(mine);
  }

 private:
  static void check(const void* data) {
    if (stand_in::is_device(data)) fail("an address of a device came to a communicator of host memory");
  }
  Communicator& inner_;
};

}  // namespace

TEST_CASE("no address of a device comes to the communicator of host memory, with NCCL or without") {
  for (const bool by_nccl : {false, true}) {
    INFO("by NCCL " << by_nccl);
    CHECK(said([&](Communicator& world) {
            HostOnly host(world);
            const auto device = make_cuda_device(host.rank());
            const auto nccl = by_nccl ? make_nccl_communicator(host, {host.rank(), 60}) : nullptr;
            Communicator& c = nccl ? *nccl : static_cast<Communicator&>(host);
            ThreadPool pool(1);
            const NodeLayout layout{7, 3, host.rank()};
            const MixingSchedule schedule = alternating(7);
            Mixer mixer(c, pool, layout, 100, schedule);
            NodeStatistics statistics(c, pool, layout, 100);
            NodeMatrix x = matrix_of(random_rows(7, 100, 1), layout, device.get());
            mixer.rounds(x, 0, 2);
            statistics.measure(x, Gram::yes);
            statistics.average(x);
            if ((host.exchanges > 0) == by_nccl) fail("{} exchanges went through host memory", host.exchanges);
          }) == std::vector<std::string>(3));
  }
  CHECK_THAT(said([](Communicator& world) {
               HostOnly host(world);
               const auto device = make_cuda_device(host.rank());
               send_to_all(host, *device, 10);  // what the communicator itself says of it
             })[0],
             Catch::Contains("cannot send from a device's memory"));
}
