#include "harness/core/check.hpp"
#include "tests/contract/world.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <numeric>
#include <utility>

// What holds for every back end. Catch2 assertions are not thread-safe, so ranks throw what is wrong, and the world rethrows it.
using namespace xib;

namespace {

void expect(bool ok, std::string_view claim, const Communicator& c) {
  if (!ok) fail("rank {} of {}: {}", c.rank(), c.size(), claim);
}

std::vector<float> numbers(int from, int to, int message, int length) {
  std::vector<float> out(static_cast<std::size_t>(length));
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<float>(1000 * from + 100 * to + 10 * message + static_cast<int>(k));
  return out;
}

}  // namespace

TEST_CASE("ranks are numbered from 0 below the size") {
  on_every_rank([](Communicator& c) { expect(c.rank() >= 0 && c.rank() < c.size(), "rank is out of range", c); });
}

TEST_CASE("an exchange with every rank, oneself included, delivers each message to its receive") {
  on_every_rank([](Communicator& c) {
    std::vector<std::vector<float>> out, in;
    std::vector<Send> sends;
    std::vector<Receive> receives;
    for (int r = 0; r < c.size(); ++r) {
      out.push_back(numbers(c.rank(), r, 0, 3));
      in.emplace_back(3);
    }
    for (int r = 0; r < c.size(); ++r) {
      const auto at = static_cast<std::size_t>(r);
      sends.push_back({r, out[at]});
      receives.push_back({r, in[at]});
    }

    c.exchange(sends, receives);

    for (int r = 0; r < c.size(); ++r) expect(in[static_cast<std::size_t>(r)] == numbers(r, c.rank(), 0, 3), "a message was lost or mixed up", c);
  });
}

TEST_CASE("several messages between the same ranks match in order, though they differ in length and one is empty") {
  on_every_rank([](Communicator& c) {
    const int next = (c.rank() + 1) % c.size(), before = (c.rank() + c.size() - 1) % c.size();
    const std::vector<int> lengths{2, 0, 5, 1};
    std::vector<std::vector<float>> out, in;
    for (int m = 0; m < 4; ++m) {
      out.push_back(numbers(c.rank(), next, m, lengths[static_cast<std::size_t>(m)]));
      in.emplace_back(lengths[static_cast<std::size_t>(m)]);
    }
    std::vector<Send> sends;
    std::vector<Receive> receives;
    for (const auto& message : out) sends.push_back({next, message});
    for (auto& message : in) receives.push_back({before, message});

    c.exchange(sends, receives);

    for (int m = 0; m < 4; ++m)
      expect(in[static_cast<std::size_t>(m)] == numbers(before, c.rank(), m, lengths[static_cast<std::size_t>(m)]), "messages overtook each other", c);
  });
}

TEST_CASE("ranks may exchange nothing") {
  on_every_rank([](Communicator& c) { c.exchange({}, {}); });
}

TEST_CASE("a message beyond what fits an eager buffer arrives") {
  on_every_rank([](Communicator& c) {
    const std::size_t length = 1 << 18;
    const std::vector<float> out(length, static_cast<float>(c.rank() + 1));
    std::vector<float> in(length);
    const int next = (c.rank() + 1) % c.size(), before = (c.rank() + c.size() - 1) % c.size();
    const Send send{next, out};
    const Receive receive{before, in};

    c.exchange({&send, 1}, {&receive, 1});

    expect(in == std::vector<float>(length, static_cast<float>(before + 1)), "a long message was damaged", c);
  });
}

TEST_CASE("all_gather joins uneven shares in rank order") {
  on_every_rank([](Communicator& c) {
    std::vector<int> counts;
    for (int r = 0; r < c.size(); ++r) counts.push_back(r % 3);  // rank 0 and every third give nothing
    std::vector<double> mine, expected, all(static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0)));
    for (int r = 0; r < c.size(); ++r)
      for (int k = 0; k < r % 3; ++k) {
        expected.push_back(10 * r + k);
        if (r == c.rank()) mine.push_back(10 * r + k);
      }

    c.all_gather(mine, counts, all);

    expect(all == expected, "all_gather mixed shares up", c);
  });
}

TEST_CASE("any rank can broadcast") {
  on_every_rank([](Communicator& c) {
    for (int root = 0; root < c.size(); ++root) {
      std::vector<int> data(5, c.rank() == root ? 40 + root : -1);
      c.broadcast(std::as_writable_bytes(std::span(data)), root);
      expect(data == std::vector<int>(5, 40 + root), "a broadcast did not arrive", c);
    }
    c.broadcast({}, 0);
  });
}

TEST_CASE("gather brings bytes of any length to rank 0, in rank order") {
  on_every_rank([](Communicator& c) {
    const std::vector<std::byte> mine(static_cast<std::size_t>(c.rank()), static_cast<std::byte>(c.rank()));

    const auto all = c.gather(mine);

    std::vector<std::byte> expected;
    for (int r = 0; c.rank() == 0 && r < c.size(); ++r) expected.insert(expected.end(), static_cast<std::size_t>(r), static_cast<std::byte>(r));
    expect(all == expected, "gather gave something else", c);
  });
}

TEST_CASE("nobody passes a barrier before all have come") {
  on_every_rank([](Communicator& c) {
    // steady_clock is one clock for all processes of a machine; c.now() may begin at another zero on each rank.
    const auto seconds = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
    const double before = seconds();
    c.barrier();
    const double after = seconds();
    std::vector<double> times(2 * static_cast<std::size_t>(c.size()));
    c.all_gather(std::vector<double>{before, after}, std::vector<int>(static_cast<std::size_t>(c.size()), 2), times);
    for (std::size_t a = 0; a < times.size(); a += 2)
      for (std::size_t b = 1; b < times.size(); b += 2) expect(times[a] <= times[b], "a rank left the barrier before another came", c);
  });
}

TEST_CASE("traffic counts what goes to other ranks, and nothing else") {
  on_every_rank([](Communicator& c) {
    auto sent = [&, at = c.traffic()]() mutable {
      const Traffic now = c.traffic(), before = std::exchange(at, now);
      return std::pair(now.bytes - before.bytes, now.messages - before.messages);
    };
    using Sent = std::pair<std::int64_t, std::int64_t>;
    const int others = c.size() - 1, next = (c.rank() + 1) % c.size(), before = (c.rank() + c.size() - 1) % c.size();
    const std::vector<float> out(3, 1.0f);
    std::vector<float> in(3), own(3);
    const std::vector<Send> sends{{next, out}, {c.rank(), out}};
    const std::vector<Receive> receives{{before, in}, {c.rank(), own}};
    c.exchange(sends, receives);
    expect(sent() == (others ? Sent{12, 1} : Sent{0, 0}), "exchange counts wrongly", c);

    std::vector<double> all(2 * static_cast<std::size_t>(c.size()));
    c.all_gather(std::vector<double>{1, 2}, std::vector<int>(static_cast<std::size_t>(c.size()), 2), all);
    expect(sent() == Sent{16 * others, others}, "all_gather counts wrongly", c);

    std::vector<std::byte> bytes(7);
    c.broadcast(bytes, 0);
    expect(sent() == (c.rank() == 0 ? Sent{7 * others, others} : Sent{0, 0}), "broadcast counts wrongly", c);

    c.gather(bytes);
    expect(sent() == (c.rank() == 0 ? Sent{0, 0} : Sent{7, 1}), "gather counts wrongly", c);
    expect(c.traffic().wait_s >= 0, "waiting time is negative", c);
  });
}

TEST_CASE("a rank that does not exist and shares that do not fit are refused before anything is sent") {
  on_every_rank([](Communicator& c) {
    const auto refuses = [&](const std::function<void()>& call) {
      const auto before = c.traffic().bytes;
      try {
        call();
      } catch (const Error&) {
        return c.traffic().bytes == before;
      }
      return false;
    };
    const std::vector<float> data(1);
    const Send beyond{c.size(), data}, below{-1, data};
    std::vector<double> all(static_cast<std::size_t>(c.size()));
    const std::vector<int> ones(static_cast<std::size_t>(c.size()), 1);
    expect(refuses([&] { c.exchange({&beyond, 1}, {}); }) && refuses([&] { c.exchange({&below, 1}, {}); }), "a rank that does not exist was accepted", c);
    expect(refuses([&] { c.all_gather(std::vector<double>{1, 2}, ones, all); }), "a share of another length than announced was accepted", c);
    expect(refuses([&] { c.broadcast({}, c.size()); }), "a root that does not exist was accepted", c);
  });
}
