#include "harness/comm/thread_world.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>

using namespace xib;

TEST_CASE("when a rank throws, the ranks that wait for it end and its error is rethrown") {
  for (const int culprit : {0, 1, 2}) {
    std::atomic<int> passed = 0;
    const auto body = [&](Communicator& c) {
      c.barrier();
      if (c.rank() == culprit) fail("rank {} is lost", culprit);
      c.barrier();
      ++passed;
    };
    CHECK_THROWS_WITH(run_thread_ranks(3, body), "rank " + std::to_string(culprit) + " is lost");
    CHECK(passed == 0);
  }
}

TEST_CASE("a rank that aborts ends the others") {
  CHECK_THROWS_WITH(run_thread_ranks(2, [](Communicator& c) { c.rank() == 1 ? c.abort(1) : c.barrier(); }), Catch::Contains("aborted"));
}

TEST_CASE("messages of other lengths than expected are an error on the rank that expects them") {
  const auto body = [](Communicator& c) {
    const std::vector<float> out(2);
    std::vector<float> in(3);
    const Send send{1 - c.rank(), out};
    const Receive receive{1 - c.rank(), in};
    c.exchange({&send, 1}, {&receive, 1});
  };
  CHECK_THROWS_WITH(run_thread_ranks(2, body), Catch::Contains("expects 3 floats"));
}

TEST_CASE("shares of another length than another rank believes are an error, not an overflow") {
  const auto body = [](Communicator& c) {
    const std::vector<double> mine(static_cast<std::size_t>(c.rank()) + 1);
    const std::array<int, 2> believed = c.rank() == 0 ? std::array{1, 1} : std::array{1, 2};
    std::vector<double> all(static_cast<std::size_t>(believed[0] + believed[1]));
    c.all_gather(mine, believed, all);
  };
  CHECK_THROWS_WITH(run_thread_ranks(2, body), Catch::Contains("expects 1 numbers of rank 1, which gives 2"));
}
