// How the controller mixes: the rounds of a decision, with Ξ measured in the same pass over memory where that is possible.
#include "harness/control/controller.hpp"

#include "harness/core/check.hpp"
#include "harness/mix/displacement.hpp"

#include <utility>

namespace xib {

void ConsensusController::mix(Phase& phase, NodeMatrix& x, int rounds, double strength, bool record, Communicated& done, Stopwatch& watch) {
  const bool displacement = gauge_.kind == Gauge::Kind::displacement && record && rounds > 0 && done.rounds == 0 && strength > 0;
  phase.mixer->rounds(x, phase.rounds_done, rounds, strength, displacement ? std::span(moved_) : std::span<double>{});
  if (displacement) {
    done.displacement = local_displacement(communicator_, layout_, moved_) / strength;
    done.gauge_bytes += displacement_bytes(layout_);
  }
  count_rounds(phase, rounds, strength, done);
  watch.lap(Part::mix);
}

void ConsensusController::count_rounds(Phase& phase, int rounds, double strength, Communicated& done) {
  for (int q = 0; q < rounds; ++q) done.bytes += phase.mixer->bytes(phase.rounds_done + q);
  if (rounds > 0) done.strength = strength;
  phase.rounds_done += rounds;
  done.rounds += rounds;
}

bool ConsensusController::in_one_pass(const NodeMatrix& x, bool record) const {
  return statistics_.measures_around(x) && !(record && gauge_.kind == Gauge::Kind::displacement);  // the displacement is measured by Mixer::rounds() only
}

ConsensusMoments ConsensusController::mix_measured(Phase& phase, NodeMatrix& x, const ColumnWork& move, bool before, int rounds, double strength,
                                                   const Position& at, Communicated& done, Stopwatch& watch) {
  const double mixed = watch.seconds(Part::mix);
  auto around = statistics_.measure_around(x, move, before, phase.mixer->by_columns(x, phase.rounds_done, rounds, strength));
  watch.lap(Part::mix);
  const double pass = watch.seconds(Part::mix) - mixed;
  watch.move(Part::mix, Part::update, around.moving * pass);
  watch.move(Part::mix, Part::gauge, around.measuring * pass);
  if (before) {
    done.gauge_bytes += statistics_.measure_bytes(Gram::no);
    done.distance_before = around.before.distance;
  }
  done.gauge_bytes += statistics_.measure_bytes(Gram::no);
  require_finite(around.after.distance, at);
  count_rounds(phase, rounds, strength, done);
  return std::move(around.after);
}

void ConsensusController::mix_on(Phase& phase, NodeMatrix& x, const Decision& decision, bool record, const Position& at, ConsensusMoments& moments,
                                 Communicated& done, Stopwatch& watch) {
  // The measurement of all models gives every rank the same Ξ, so that all of them go on or stop.
  const bool one_pass = in_one_pass(x, record);
  const auto mix_and_measure = [&](int rounds) {
    if (!one_pass) mix(phase, x, rounds, decision.strength, record, done, watch);
    const std::int64_t before = done.gauge_bytes;
    moments = one_pass ? mix_measured(phase, x, {}, false, rounds, decision.strength, at, done, watch) : measure(x, Gram::no, at, done);
    done.decision_bytes += done.gauge_bytes - before;
    watch.lap(Part::gauge);
  };
  if (decision.rounds > 0) mix_and_measure(decision.rounds);
  for (done.measurements = 1; moments.distance > decision.target && done.rounds < decision.most; ++done.measurements) mix_and_measure(1);
  done.reached = !(moments.distance > decision.target);
}

void ConsensusController::communicate_alike(NodeMatrix& other, const Position& at, Communicated& done, Stopwatch& watch) {
  Phase& phase = phases_[static_cast<std::size_t>(at.phase - 1)];
  if (phase.push_sum) fail("a second vector is mixed under push-sum, whose weights have gone on (this is a bug)");
  if (done.exact) {
    statistics_.average(other);
    done.bytes += statistics_.average_bytes();
  } else if (done.rounds > 0) {
    const std::int64_t first = phase.rounds_done - done.rounds;
    phase.mixer->rounds(other, first, done.rounds, done.strength);
    for (int q = 0; q < done.rounds; ++q) done.bytes += phase.mixer->bytes(first + q);
  }
  watch.lap(Part::mix);
}

}  // namespace xib
