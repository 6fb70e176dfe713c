#include "harness/core/thread_pool.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <vector>

using namespace xib;

TEST_CASE("every index is visited once, by a worker within bounds, again and again") {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    REQUIRE(pool.threads() == threads);
    for (int repetition = 0; repetition < 50; ++repetition) {
      std::vector<int> visits(100, 0);
      std::atomic<bool> in_bounds = true;
      pool.for_each(100, [&](std::int64_t index, int worker) {
        ++visits[static_cast<std::size_t>(index)];
        if (worker < 0 || worker >= threads) in_bounds = false;
      });
      CHECK(visits == std::vector<int>(100, 1));
      CHECK(in_bounds);
    }
  }
}

TEST_CASE("no index, no call") {
  ThreadPool pool(3);
  pool.for_each(0, [](std::int64_t, int) { throw std::runtime_error("called"); });
}

TEST_CASE("one worker number is never used by two threads at once") {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> alone = true;
  pool.for_each(1000, [&](std::int64_t, int worker) {
    auto& mine = inside[static_cast<std::size_t>(worker)];
    if (++mine != 1) alone = false;
    --mine;
  });
  CHECK(alone);
}

TEST_CASE("an exception of any index reaches the caller, and the pool works on") {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    CHECK_THROWS_WITH(pool.for_each(64,
                                    [](std::int64_t index, int) {
                                      if (index == 17) throw std::runtime_error("17");
                                    }),
                      "17");
    std::atomic<int> count = 0;
    pool.for_each(8, [&](std::int64_t, int) { ++count; });
    CHECK(count == 8);
  }
}

TEST_CASE("on_start runs once on each thread but the caller's") {
  std::atomic<int> started = 0;
  {
    ThreadPool pool(4, [&] { ++started; });
  }
  CHECK(started == 3);
}
