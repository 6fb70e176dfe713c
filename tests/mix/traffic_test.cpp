#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/push_sum.hpp"
#include "tests/contract/forwarding.hpp"
#include "worlds.hpp"

using namespace xib;

namespace {

// Every graph of the table that exists for one of these sizes, with weights that it takes at that size.
constexpr int kSizes[] = {8, 15, 32, 34};
constexpr int kDrawnRounds = 6;  // that are looked at where there is no period
constexpr std::size_t kDim = 5;

using Counts = std::vector<std::int64_t>;  // per node

struct Round {
  Counts sent, received, bytes;
};

// By value: at() of a random schedule keeps the round that it drew, and each rank asks.
MixingSchedule gossip(MixingSchedule schedule) {
  return schedule.at(0).stochastic() == MixingMatrix::Stochastic::columns ? push_sum_schedule(schedule) : schedule;
}

std::size_t at(int node) { return static_cast<std::size_t>(node); }

// Passes everything on and counts what arrives, which a Communicator does not: it counts what it sends.
class Counting final : public test::ForwardingCommunicator {
 public:
  explicit Counting(Communicator& inner) : ForwardingCommunicator(inner) {}
  std::int64_t received = 0, received_bytes = 0;
  [[noreturn]] void abort(int status) override {
    inner_.abort(status);
    std::abort();
  }

 private:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    inner_.exchange(sends, receives);
    for (const auto& receive : receives) ++received, received_bytes += static_cast<std::int64_t>(receive.data.size_bytes());
  }
};

// What each rank counts in each round, with one node per rank. Bytes that arrive are 4 dim per message, or `consistent` is false.
std::vector<Round> counted(const MixingSchedule& schedule, int rounds, bool& consistent) {
  const int n = schedule.nodes();
  std::vector<Round> all(static_cast<std::size_t>(rounds), Round{Counts(at(n)), Counts(at(n)), Counts(at(n))});
  std::vector<char> fine(at(n), 1);
  test::spread(test::Rows(at(n), std::vector<float>(kDim, 1.0f)), {n, 1}, [&](Communicator& inner, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    Counting communicator(inner);
    const MixingSchedule own = gossip(schedule);
    Mixer mixer(communicator, pool, layout, kDim, own);
    const std::size_t me = at(communicator.rank());
    for (int t = 0; t < rounds; ++t) {
      const Traffic before = inner.traffic();
      const auto received = communicator.received, bytes = communicator.received_bytes;
      mixer.rounds(x, t, 1);
      Round& round = all[static_cast<std::size_t>(t)];
      round.sent[me] = inner.traffic().messages - before.messages;
      round.bytes[me] = inner.traffic().bytes - before.bytes;
      round.received[me] = communicator.received - received;
      if (communicator.received_bytes - bytes != round.received[me] * static_cast<std::int64_t>(4 * kDim)) fine[me] = 0;
    }
  });
  consistent = std::all_of(fine.begin(), fine.end(), [](char ok) { return ok != 0; });
  return all;
}

// What W says: i receives from j where w_ij is an entry off the diagonal.
Round expected(const MixingMatrix& w) {
  Round round{Counts(at(w.size())), Counts(at(w.size())), Counts(at(w.size()))};
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, value] : w.row(i)) {
      if (j == i) continue;
      ++round.received[at(i)];
      ++round.sent[at(j)];
      round.bytes[at(j)] += 4 * kDim;
    }
  return round;
}

}  // namespace

TEST_CASE("every node sends and receives the messages and bytes that W says, counted with one node per rank") {
  int graphs = 0, varying = 0, random = 0;
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
      const int rounds = schedule->period() > 0 ? static_cast<int>(schedule->period()) : kDrawnRounds;
      CAPTURE(name, n);
      REQUIRE(rounds <= 64);
      ++graphs;
      varying += schedule->period() > 1;
      random += schedule->period() == 0;
      bool consistent = false;
      const auto measured = counted(*schedule, rounds, consistent);
      CHECK(consistent);
      std::int64_t messages = 0, most_sent = 0, most_received = 0;
      for (int t = 0; t < rounds; ++t) {
        const Round& now = measured[static_cast<std::size_t>(t)];
        const Round says = expected(schedule->at(t));
        CAPTURE(t);
        CHECK(now.sent == says.sent);
        CHECK(now.received == says.received);
        CHECK(now.bytes == says.bytes);
        messages += std::accumulate(now.sent.begin(), now.sent.end(), std::int64_t{0});
        most_sent = std::max(most_sent, *std::max_element(now.sent.begin(), now.sent.end()));
        most_received = std::max(most_received, *std::max_element(now.received.begin(), now.received.end()));
      }
      const RoundTraffic traffic = round_traffic(*schedule);  // of 256 rounds where they are random
      CHECK((schedule->period() == 0 ? traffic.most_sent >= most_sent : traffic.most_sent == most_sent));
      CHECK((schedule->period() == 0 ? traffic.most_received >= most_received : traffic.most_received == most_received));
      if (schedule->period() > 0) CHECK(messages == std::llround(traffic.sent * n * rounds));
    }
  }
  CHECK(graphs > 60);
  CHECK((varying > 10 && random > 15));
}
