#include "harness/mix/displacement.hpp"

#include "harness/graph/spectrum.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;
using namespace xib::test;

namespace {

struct Measured {
  double displacement = 0, distance = 0;
  Rows rows;
};

Measured displaced(const Rows& rows, const MixingSchedule& schedule, int rounds, Spread how = {}, double strength = 1) {
  Measured out;
  out.rows = spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    const double distance = NodeStatistics(communicator, pool, layout, x.dim()).measure(x).distance;
    std::vector<double> moved(static_cast<std::size_t>(x.count()), -1.0);
    const MixingSchedule own = schedule;  // a random one is not for several threads
    Mixer(communicator, pool, layout, x.dim(), own).rounds(x, 0, rounds, strength, moved);
    const double theta = local_displacement(communicator, layout, moved);
    if (layout.rank == layout.ranks - 1) out.displacement = theta, out.distance = distance;
  });
  return out;
}

}  // namespace

TEST_CASE("the displacement is exactly that of the first round, on dyadic inputs, and weakening scales it") {
  const Rows rows = integer_rows(7, 100, 1);
  const auto schedule = fixed(circulant(7, {1, -1}, 0.25));
  double expected = 0;
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t c = 0; c < 100; ++c) {
      const double step = 0.25 * (rows[(i + 1) % 7][c] - rows[i][c]) + 0.25 * (rows[(i + 6) % 7][c] - rows[i][c]);
      expected += step * step;
    }
  expected = std::sqrt(expected / 7);
  CHECK(displaced(rows, schedule, 1).displacement == expected);
  CHECK(displaced(rows, schedule, 4).displacement == expected);
  CHECK(displaced(rows, schedule, 1, {}, 0.5).displacement == 0.5 * expected);
  CHECK(displaced(rows, schedule, 0).displacement == 0);
}

TEST_CASE("measuring the displacement leaves the rounds as they are, with the same bits on any number of ranks and threads") {
  for (const auto& schedule : {fixed(circulant(9, {1, -1}, 1.0 / 3)), random_schedule(9, 2)}) {
    const Rows rows = random_rows(9, 1003, 2);
    const Measured alone = displaced(rows, schedule, 3);
    const Rows plain = spread(rows, {}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
      Mixer(communicator, pool, layout, x.dim(), schedule).rounds(x, 0, 3);
    });
    CHECK(alone.rows == plain);
    for (const auto how : kSpreads) {
      const Measured m = displaced(rows, schedule, 3, how);
      CHECK(m.displacement == alone.displacement);
      CHECK(m.rows == plain);
    }
  }
}

TEST_CASE("the distance is at most 2/p times the displacement of a fixed W") {
  for (const int n : {4, 8, 16, 32})
    for (const char* graph : {"ring", "complete", "exponential"}) {
      const auto schedule = make_mixing(graph, "uniform", n, 1);
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const Measured m = displaced(random_rows(n, 50, seed), schedule, 1);
        CHECK(m.distance <= 2 / spectrum(schedule).p * m.displacement);
        CHECK(m.displacement > 0);
      }
    }
}

TEST_CASE("of a W that is drawn anew in each round, the mean displacement over the draws bounds the distance, and one draw does not") {
  const int n = 16;
  const auto random = make_mixing("one-peer-exponential(random)", "uniform", n, 1), in_turn = make_mixing("one-peer-exponential", "uniform", n, 1);
  const double p = spectrum(random).p;
  Rows alike = random_rows(n, 50, 1);
  for (std::size_t i = 8; i < 16; ++i) alike[i] = alike[i - 8];  // the round that sends 8 nodes further leaves them as they are
  for (const Rows& rows : {random_rows(n, 50, 2), alike}) {
    double mean = 0, distance = 0;
    for (const auto& w : in_turn.matrices()) {  // what the law draws from, each with the same probability
      const Measured m = displaced(rows, fixed(w), 1);
      mean += m.displacement / 4;
      distance = m.distance;
    }
    CHECK(distance <= 2 / p * mean);
  }
  const Measured stuck = displaced(alike, fixed(in_turn.at(3)), 1);
  CHECK((stuck.displacement == 0 && stuck.distance > 1));
}

TEST_CASE("in a schedule with a period a round may leave models that differ as they are, so that it has no p to bound them by") {
  const auto schedule = make_mixing("alternate(complete, 1, one-peer-ring, 2)", "uniform", 8, 1);
  const Rows pairs = {{1}, {1}, {2}, {2}, {3}, {3}, {4}, {4}};
  const Measured m = displaced(pairs, fixed(schedule.at(1)), 1);  // averages 0 with 1, 2 with 3, ...
  CHECK((m.displacement == 0 && m.distance > 1));
  CHECK(std::isnan(spectrum(schedule).p));
}
