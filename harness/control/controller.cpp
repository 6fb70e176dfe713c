#include "harness/control/controller.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace xib {

namespace {

// The weights know whole rounds, and averages of the models where they are all 1: x_i = w_i z_i has another mean.
void check_push_sum(const Decision& decision, const std::vector<double>& w) {
  const bool ones = std::ranges::all_of(w, [](double value) { return value == 1; });
  require(decision.exact ? ones : decision.rounds == 0 || decision.strength == 1, Key{"control.policy"},
          "push-sum mixes whole rounds, and averages exactly only before its first gossip; use rounds(q), or a policy with a target");
}

}  // namespace

ConsensusController::ConsensusController(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, std::vector<PhaseControl> phases,
                                         std::int64_t measure_every, FullGradientAt full_gradient, const Gauge& gauge, const Method& method)
    : communicator_(communicator),
      layout_(layout),
      statistics_(communicator, pool, layout, dim),
      measure_every_(measure_every),
      gauge_(gauge),
      method_(method),
      cost_(layout.nodes, dim),
      full_gradient_(std::move(full_gradient)) {
  if (gauge.kind == Gauge::Kind::sketch) sketch_ = std::make_unique<Sketch>(communicator, pool, layout, dim, gauge.buckets, gauge.seed);
  if (gauge.kind == Gauge::Kind::displacement) moved_.resize(static_cast<std::size_t>(layout.mine().count));
  const bool push_sum = std::ranges::any_of(phases, [](const auto& p) { return p.schedule.at(0).stochastic() == MixingMatrix::Stochastic::columns; });
  phases_.reserve(phases.size());  // mixers refer to their schedule: it must not move
  for (auto& phase : phases) {
    auto& mine = phases_.emplace_back(Phase{std::move(phase.schedule), std::move(phase.policy), nullptr, 0});
    if (push_sum) {
      mine.push_sum = std::make_unique<PushSum>(mine.schedule);
      mine.push_sum_gossip = mine.push_sum->schedule();
    }
    mine.mixer = std::make_unique<Mixer>(communicator, pool, layout, dim, mine.gossip());
    for (const auto& earlier : std::span(phases_).first(phases_.size() - 1)) mine.policy->follow(*earlier.policy);
    if (!mine.policy->needs().full_gradient) continue;
    require(static_cast<bool>(full_gradient_), Key{"control.policy"}, "this policy needs the full gradient, which this task does not know");
    mean_.resize(dim);
  }
}

ConsensusMoments ConsensusController::measure_unjudged(const NodeMatrix& x, Gram gram, Communicated& done) {
  done.gauge_bytes += statistics_.measure_bytes(gram);
  return statistics_.measure(x, gram);
}

ConsensusMoments ConsensusController::measure(const NodeMatrix& x, Gram gram, const Position& at, Communicated& done) {
  auto moments = measure_unjudged(x, gram, done);
  require_finite(moments.distance, at);
  return moments;
}

void ConsensusController::require_finite(double distance, const Position& at) {
  if (!std::isfinite(distance)) throw Diverged(fmt::format("step {}: the consensus distance is not finite: the run has diverged", at.step));
}

ConsensusMoments ConsensusController::gauge(const NodeMatrix& x, const Position& at, Communicated& done) {
  if (gauge_.kind == Gauge::Kind::exact) return measure(x, Gram::no, at, done);
  ConsensusMoments moments{.squared_distance = {}, .distance = kNaN, .mean_norm = kNaN, .gram = {}};
  if (gauge_.kind != Gauge::Kind::sketch) return moments;
  moments.distance = std::sqrt(sketch_->squared_distance(x, at.step));
  done.gauge_bytes += sketch_->bytes();
  require_finite(moments.distance, at);
  return moments;
}

Method::Kind ConsensusController::method_of(const Phase& phase, const Position& at) const {
  if (method_.kind == Method::Kind::predicted) return method_.kind;
  if (!phase.policy->predicts(at.phase_step)) return Method::Kind::loop;
  if (method_.kind != Method::Kind::automatic) return method_.kind;
  if (phase.measurements_before == 0) return Method::Kind::gram;
  const double entries = 1 + static_cast<double>(phase.gossip().at(phase.rounds_done).messages()) / layout_.nodes;
  const bool loop = loop_seconds(method_, cost_, phase.measurements_before) <= gram_seconds(method_, cost_, entries, phase.rounds_before);
  return loop ? Method::Kind::loop : Method::Kind::gram;
}

Decision ConsensusController::decide(Phase& phase, const NodeMatrix& x, const NodeMatrix& g, std::span<const double> gradient_norm2, const Position& at,
                                     const ConsensusMoments& before, Method::Kind method, Communicated& done) {
  const Needs needs = phase.policy->needs();
  ConsensusView view{.step = at.step,
                     .phase_step = at.phase_step,
                     .round = phase.rounds_done,
                     .epoch = at.epoch,
                     .lr = at.lr,
                     .lr_max = at.lr_max,
                     .nodes = layout_.nodes,
                     .dim = x.dim(),
                     .method = method,
                     .distance = needs.gram ? before.distance : kNaN,
                     .mean_model_norm = needs.gram ? before.mean_norm : kNaN,
                     .gram = before.gram,
                     .schedule = &phase.gossip()};
  if (!needs.any()) return phase.policy->decide(view);
  if (needs.gradient_norm) {
    std::vector<int> counts;
    for (int r = 0; r < layout_.ranks; ++r) counts.push_back(layout_.block(r).count);
    std::vector<double> all(static_cast<std::size_t>(layout_.nodes));
    communicator_.all_gather(gradient_norm2, counts, all);
    double sum = 0;
    for (const double norm2 : all) sum += norm2;
    view.gradient_norm = std::sqrt(sum / layout_.nodes);
    done.gauge_bytes += std::int64_t{layout_.nodes} * (layout_.nodes - 1) * 8;
  }
  if (needs.gradient_spread) {
    const auto moments = measure(g, Gram::no, at, done);
    view.gradient_spread = moments.distance * moments.distance;
    view.mean_gradient_norm2 = moments.mean_norm * moments.mean_norm;
  }
  if (needs.full_gradient) {
    statistics_.mean(x, mean_);
    done.gauge_bytes += statistics_.average_bytes();
    const FullGradient known = full_gradient_(mean_);
    view.full_gradient_norm2 = known.norm2;
    view.gradient_variance = known.variance;
  }
  return from_rank_0<Decision>(communicator_, [&] { return phase.policy->decide(view); });
}

ConsensusController::Phase& ConsensusController::enter(int number) {
  Phase& phase = phases_[static_cast<std::size_t>(number - 1)];
  if (phase.push_sum && entered_ > 0 && entered_ != number) {
    const Phase& before = phases_[static_cast<std::size_t>(entered_ - 1)];
    phase.push_sum->restart(phase.rounds_done, before.push_sum->before(before.rounds_done));
  }
  entered_ = number;
  return phase;
}

std::span<const double> ConsensusController::push_sum_weights(const Position& at) {
  Phase& phase = enter(at.phase);
  if (!phase.push_sum) return {};
  weights_taken_ = true;
  const NodeBlock mine = layout_.mine();
  return std::span(phase.push_sum->before(phase.rounds_done)).subspan(static_cast<std::size_t>(mine.first), static_cast<std::size_t>(mine.count));
}

Communicated ConsensusController::communicate(NodeMatrix& x, const NodeMatrix& g, std::span<const double> gradient_norm2, const Position& at, Stopwatch& watch,
                                              const LocalStep* local) {
  Phase& phase = enter(at.phase);
  require(!phase.push_sum || std::exchange(weights_taken_, false),
          "a column-stochastic mixing matrix needs push-sum (plain gossip would drift away from the average): choose other weights, or let every step take "
          "account of push_sum_weights()");
  Communicated done;
  ConsensusMoments moments;
  const bool steered = phase.policy->needs().gram, record = due(at.step);
  const Method::Kind method = steered ? method_of(phase, at) : Method::Kind::predicted;
  const bool gram = steered && method != Method::Kind::loop;
  const bool exact_record = record && !steered && gauge_.kind == Gauge::Kind::exact;
  const bool one_pass = (steered || exact_record) && in_one_pass(x, record);
  // True: the decision needs measurements and comes after them. False: it comes first, and local step, Ξ, gossip and Ξ can share a pass over memory.
  const bool waits = phase.policy->needs().any();
  Decision decision;
  if (!waits) decision = decide(phase, x, g, gradient_norm2, at, moments, method, done);
  // True: the Ξ before gossip is judged after it, in one pass and in three. So the models of a run that diverges here are the same on any number of ranks.
  const bool judged_later = exact_record && !waits && decision.gossips();
  const bool before_in_pass = one_pass && judged_later;
  ColumnWork move;
  if (local && before_in_pass) move = local->by_columns();
  if (local && !before_in_pass) {
    local->everywhere();
    watch.lap(Part::update);
  }
  if ((steered || record) && !before_in_pass) {
    if (judged_later)
      moments = measure_unjudged(x, Gram::no, done);
    else
      moments = steered ? measure(x, gram ? Gram::yes : Gram::no, at, done) : gauge(x, at, done);
    done.distance_before = moments.distance;
    done.mean_norm = moments.mean_norm;
  }
  const std::int64_t before = done.gauge_bytes;
  if (waits) decision = decide(phase, x, g, gradient_norm2, at, moments, method, done);
  const bool begins_with_measuring = decision.measured && decision.rounds == 0;
  done.decision_bytes = done.gauge_bytes - (gram || begins_with_measuring ? 0 : before);
  watch.lap(Part::gauge);

  done.exact = decision.exact;
  done.reached = decision.reached;
  done.target = decision.target;
  done.critical = decision.critical;
  if (phase.push_sum) check_push_sum(decision, phase.push_sum->before(phase.rounds_done));
  const bool after_in_pass = one_pass && decision.gossips() && !decision.measured;
  if (decision.exact) {
    statistics_.average(x);
    done.bytes += statistics_.average_bytes();
  } else {
    if (decision.measured)
      mix_on(phase, x, decision, record, at, moments, done, watch);
    else if (after_in_pass)
      moments = mix_measured(phase, x, move, before_in_pass, decision.rounds, decision.strength, at, done, watch);
    else
      mix(phase, x, decision.rounds, decision.strength, record, done, watch);
    if (judged_later) require_finite(done.distance_before, at);
    if (phase.push_sum) phase.push_sum->settle(phase.rounds_done);
  }
  watch.lap(Part::mix);

  if (steered || record) {
    if (decision.exact) {
      moments.squared_distance.assign(moments.squared_distance.size(), 0.0);  // equal rows: exactly zero, and x̄ is what it was
      moments.distance = 0;
    } else if (done.rounds > 0 && !decision.measured && !after_in_pass) {
      moments = steered ? measure(x, Gram::no, at, done) : gauge(x, at, done);
    }
    done.distance = moments.distance;
    done.mean_norm = moments.mean_norm;
  }
  if (method != Method::Kind::predicted) {
    done.by_gram = gram;
    if (!decision.measured) done.measurements = 0;
    phase.policy->mixed(done.distance);
    if (!std::isnan(decision.target)) phase.rounds_before = done.rounds, phase.measurements_before = done.rounds - decision.least + 1;
  }
  squared_distances_ = std::move(moments.squared_distance);
  watch.lap(Part::gauge);
  return done;
}

Communicated ConsensusController::observe(const NodeMatrix& x, const Position& at, Stopwatch& watch) {
  Communicated done;
  squared_distances_.clear();
  if (due(at.step)) {
    auto moments = gauge(x, at, done);
    done.distance_before = done.distance = moments.distance;
    done.mean_norm = moments.mean_norm;
    squared_distances_ = std::move(moments.squared_distance);
  }
  watch.lap(Part::gauge);
  return done;
}

std::vector<double> ConsensusController::state() const {
  std::vector<double> all;
  for (const auto& phase : phases_) {
    const auto state = phase.policy->state();
    all.push_back(static_cast<double>(phase.rounds_done));
    if (method_.kind == Method::Kind::automatic)
      all.insert(all.end(), {static_cast<double>(phase.rounds_before), static_cast<double>(phase.measurements_before)});
    all.push_back(static_cast<double>(state.size()));
    all.insert(all.end(), state.begin(), state.end());
  }
  if (!phases_.empty() && phases_.front().push_sum) {
    const Phase& phase = phases_[static_cast<std::size_t>(std::max(entered_, 1) - 1)];
    const auto& w = phase.push_sum->before(phase.rounds_done);
    all.push_back(entered_);
    all.insert(all.end(), w.begin(), w.end());
  }
  return all;
}

void ConsensusController::restore(std::span<const double> state) {
  for (auto& phase : phases_) {
    phase.rounds_done = static_cast<std::int64_t>(state[0]);
    if (method_.kind == Method::Kind::automatic) {
      phase.rounds_before = static_cast<int>(state[1]), phase.measurements_before = static_cast<int>(state[2]);
      state = state.subspan(2);
    }
    const auto size = static_cast<std::size_t>(state[1]);
    phase.policy->restore(state.subspan(2, size));
    state = state.subspan(2 + size);
  }
  if (state.empty()) return;
  entered_ = static_cast<int>(state[0]);
  const Phase& phase = phases_[static_cast<std::size_t>(std::max(entered_, 1) - 1)];
  phase.push_sum->restart(phase.rounds_done, {state.begin() + 1, state.end()});
}

}  // namespace xib
