#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/push_sum.hpp"
#include "worlds.hpp"

using namespace xib;

namespace {

// Every graph of the table that exists for one of these sizes, with weights that it takes at that size.
constexpr int kSizes[] = {8, 15, 32, 34};

MixingSchedule gossip(const MixingSchedule& schedule) {
  return schedule.at(0).stochastic() == MixingMatrix::Stochastic::columns ? push_sum_schedule(schedule) : schedule;
}

}  // namespace

TEST_CASE("every graph sends the messages and bytes that it says, counted with one node per rank") {
  constexpr std::size_t dim = 5;
  int graphs = 0;
  for (const auto& info : topologies()) {
    if (info.example == "-") continue;  // needs a file
    const std::string name(info.example.empty() ? info.name : info.example);
    for (const int n : kSizes) {
      std::unique_ptr<MixingSchedule> schedule;
      for (const char* weights : {"uniform", "push-sum"}) try {
          if (!schedule) schedule = std::make_unique<MixingSchedule>(make_mixing(name, weights, n, 5));
        } catch (const Error&) {  // not at this n, or not with these weights
        }
      if (!schedule) continue;
      const int rounds = static_cast<int>(std::max<std::int64_t>(schedule->period(), 1));
      if (rounds > 64) continue;
      CAPTURE(name, n);
      ++graphs;
      std::vector<std::int64_t> bytes(static_cast<std::size_t>(n)), messages(bytes);
      const test::Rows rows(static_cast<std::size_t>(n), std::vector<float>(dim, 1.0f));
      test::spread(rows, {n, 1}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
        const MixingSchedule own = gossip(*schedule);
        Mixer mixer(communicator, pool, layout, dim, own);
        mixer.rounds(x, 0, rounds);
        bytes[static_cast<std::size_t>(communicator.rank())] = communicator.traffic().bytes;
        messages[static_cast<std::size_t>(communicator.rank())] = communicator.traffic().messages;
      });
      const auto counted = std::accumulate(messages.begin(), messages.end(), std::int64_t{0});
      CHECK(std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0}) == counted * static_cast<std::int64_t>(dim) * 4);
      if (schedule->period() > 0)  // means over the period are exact there; random graphs are sampled
        CHECK(counted == std::llround(round_traffic(*schedule).sent * n * rounds));
      else
        CHECK(counted == schedule->at(0).messages());
    }
  }
  CHECK(graphs > 60);
}
