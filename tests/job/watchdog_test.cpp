#include "harness/job/watchdog.hpp"
#include "harness/comm/thread_world.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <future>

using namespace xib;

TEST_CASE("a watchdog says who waits for whom, in which operation and step, and who waits for nobody") {
  std::array<std::string, 2> reports;
  std::promise<void> first_reported;
  run_thread_ranks(2, [&](Communicator& communicator) {
    ThreadPool pool(1);
    const std::atomic<std::int64_t> step = 7;
    std::promise<void> reported;
    const auto me = static_cast<std::size_t>(communicator.rank());
    {
      Watchdog watchdog(communicator, 0.1, [&](const std::string& report) {
        reports[me] = report;
        reported.set_value();
        if (me == 0) first_reported.set_value();
      });
      if (me == 0) watchdog.follow(pool, step);
      if (me == 1) {  // stalls until both have complained
        reported.get_future().wait();
        first_reported.get_future().wait();
      }
      communicator.barrier();
    }
  });

  CHECK(reports[0].find("no progress") == 0);
  CHECK(reports[0].find("rank 0 on ") != std::string::npos);
  CHECK(reports[0].find("step 7: has waited for ") != std::string::npos);
  CHECK(reports[0].find("in all-gather for rank 1") != std::string::npos);
  CHECK(reports[1].find(", loading: ") != std::string::npos);
  CHECK(reports[1].find("waits for no rank") != std::string::npos);
}

TEST_CASE("an operation is noted with the ranks it needs, while it lasts") {
  run_thread_ranks(3, [&](Communicator& communicator) {
    const auto before = communicator.activity();
    std::vector<float> out(1), in(1);
    const int next = (communicator.rank() + 1) % 3, last = (communicator.rank() + 2) % 3;
    const Send send{next, out};
    const Receive receive{last, in};
    communicator.exchange({&send, 1}, {&receive, 1});
    const auto after = communicator.activity();
    if (!before.operation.empty() || !after.operation.empty() || after.changes != before.changes + 2 || after.peers.size() != 2)
      throw std::runtime_error("the note of an exchange is wrong");
  });
}

TEST_CASE("a watchdog of 0 seconds never barks") {
  run_thread_ranks(1, [&](Communicator& communicator) {
    bool barked = false;
    {
      const Watchdog watchdog(communicator, 0, [&](const std::string&) { barked = true; });
    }
    if (barked) throw std::runtime_error("it barked");
  });
}
