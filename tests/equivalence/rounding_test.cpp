#include "harness/core/random.hpp"
#include "harness/graph/topology.hpp"
#include "reference/adam.hpp"
#include "reference/dsgd_ac.hpp"
#include "reference/logistic.hpp"
#include "reference/push_sum.hpp"
#include "reference/quadratic.hpp"
#include "reference/theory.hpp"
#include "tests/equivalence/traced_run.hpp"
#include "tests/equivalence/twins.hpp"

#include <catch2/catch.hpp>

#include <cmath>

// Harness (float) and twin (double) on noisy problems whose nodes disagree, step by step.
//
// How far they may be apart. One step of the harness rounds, per parameter, at most R times by u = 2^-24 of a number no larger than
// S = max(|x|, |d|) of the twin's trace, d being the direction times the rate: R = 8 in the update (the gradient, rate, μ and λ as
// floats, and the four operations), and degree + 3 per gossip round. What was rounded in a step is not amplified later: the gradient
// step of a convex L-smooth f with rate <= 1/L does not expand, rows of W sum to 1, so T steps add up. Momentum passes what was rounded
// in the velocity on, in all 1/(1 - μ) times. So the models differ by at most
//   tolerance(T) = T (8 + rounds (degree + 3)) S u / (1 - μ)
// Ξ is a root mean square of n rows of d such differences: it differs by at most sqrt(d) tolerance. The tests find differences of a tenth to
// a hundredth of that, and a mistake of the algorithm is larger by orders of magnitude: the last test case shows one.
using namespace xib;
using namespace xib::equivalence;

namespace {

double tolerance(const reference::Trace& twin, int degree, double momentum) {
  double size = 0;
  int rounds = 0;
  for (const auto& step : twin) {
    rounds += step.rounds;
    for (const auto* x : {&step.before, &step.after})
      for (const auto& row : *x)
        for (const double value : row) size = std::max(size, std::abs(value));
  }
  // |d| <= 2 max|x|: a step leads from one model of the trace to another before mixing.
  return (8.0 * static_cast<double>(twin.size()) + rounds * (degree + 3.0)) * 2 * size * std::ldexp(1.0, -24) / (1 - momentum);
}

void check_close(const Traced& a, const reference::Trace& b, double most) {
  CHECK(largest_difference(a.after, b) <= most);
  REQUIRE(a.record.steps.size() == b.size());
  const double distance = most * std::sqrt(static_cast<double>(b[0].after[0].size()));
  for (std::size_t t = 0; t < b.size(); ++t) {
    const StepRow& row = a.record.steps[t];
    CHECK(row.consensus_distance_before == Approx(b[t].distance_before).epsilon(1e-12).margin(distance));
    CHECK(row.consensus_distance == Approx(b[t].distance_after).epsilon(1e-12).margin(distance));
    CHECK(row.gossip_rounds == b[t].rounds);
    CHECK((row.communication != 0) == b[t].exact);
    CHECK((row.target_reached == 1) == b[t].reached);
  }
}

// The paper's loop and the harness's prediction may differ by a round where Ξ is within the tolerance of the target: not here.
void check_far_from(double target, const reference::Trace& twin, const MixingMatrix& w, double most) {
  for (const auto& step : twin) {
    reference::Matrix x = step.before;
    for (int q = 0; q <= step.rounds; ++q, x = reference::product(reference::dense(w), x)) REQUIRE(std::abs(reference::consensus_distance(x) - target) > most);
  }
}

constexpr int kNodes = 7;
constexpr std::int64_t kDim = 30, kSteps = 40;
constexpr double kL = 2, kMu = 0.5, kSigma = 1, kZeta = 3;

RunConfig config_of(const std::string& dataset, const std::string& algorithm, std::vector<std::string> policies, double lr, double momentum = 0) {
  RunConfig c;
  c.seed = 5;
  c.data.dataset = dataset;
  c.model.name = "none";
  c.train.nodes = kNodes;
  c.train.algorithm = algorithm;
  c.train.epochs = static_cast<std::int64_t>(policies.size());
  c.train.batch_size = 4;
  c.train.lr = lr;
  c.train.momentum = momentum;
  c.train.nesterov = momentum > 0;
  c.train.weight_decay = momentum > 0 ? 0.01 : 0;
  c.control.policy = std::move(policies);
  for (std::size_t k = 1; k < c.control.policy.size(); ++k) c.train.phases.push_back(static_cast<std::int64_t>(k));
  c.topology.name.assign(c.control.policy.size(), "ring");
  return c;
}

reference::Sgd sgd_of(const RunConfig& c) { return {.momentum = c.train.momentum, .nesterov = c.train.nesterov, .weight_decay = c.train.weight_decay}; }

Traced harness(Places places, const RunConfig& c) {
  return traced_run(places, [&](Communicator& communicator, const Machine& machine) { return make_run(c, communicator, machine, {}); });
}

const MixingMatrix& ring() {
  static const MixingSchedule schedule = make_mixing("ring", "uniform", kNodes, 0);
  return schedule.at(0);
}
MixingSchedule ring_schedule() { return make_mixing("ring", "uniform", kNodes, 0); }

// The problem that harness/task/quadratic.hpp describes, built a second time from its words and random streams, in double throughout: the
// twin shares no gradient with the harness.
std::string quadratic_name(std::int64_t steps) {
  return fmt::format("quadratic(dim = {}, L = {}, mu = {}, sigma = {}, zeta = {}, steps = {})", kDim, kL, kMu, kSigma, kZeta, steps);
}

reference::Problem quadratic(std::uint64_t seed) {
  const auto n = static_cast<std::size_t>(kNodes), d = static_cast<std::size_t>(kDim);
  reference::Vector a(d), optimum(d);
  for (std::size_t k = 0; k < d; ++k) a[k] = kL * std::pow(kMu / kL, static_cast<double>(k) / static_cast<double>(d - 1));
  RandomStream stream(seed, Purpose::problem);
  for (double& x : optimum) x = stream.normal();
  reference::Matrix u = reference::zeros(n, d);
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream direction(seed, Purpose::problem, static_cast<std::uint32_t>(i), 2);
    for (double& value : u[i]) value = direction.normal();
  }
  const double spread = reference::consensus_distance(u);
  const reference::Vector mean = reference::mean(u);
  reference::Quadratic q{reference::Matrix(n, a), reference::zeros(n, d), kSigma / std::sqrt(static_cast<double>(d)), seed};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) q.centre[i][k] = optimum[k] - kZeta / spread * (u[i][k] - mean[k]) / a[k];
  return reference::problem(q, reference::Vector(d, 0));
}

// Logistic regression: the twin has drawn the same samples from the same streams, and everything else is its own.
std::string logistic_name(std::int64_t steps) { return fmt::format("logistic-synthetic(dim = {}, samples = {}, shift = 1)", kDim, 4 * steps); }

reference::Logistic logistic(std::int64_t steps, std::uint64_t seed) {
  const reference::LogisticData data{.nodes = kNodes, .dim = static_cast<int>(kDim), .samples = static_cast<int>(4 * steps), .shift = 1};
  return reference::gaussian_logistic(data, 0.01, 4, seed);
}

struct Case {
  RunConfig config;
  reference::Problem problem;
};
// Rates of at most 1/L; the logistic task's L is near 3.
std::vector<Case> cases(const std::string& algorithm, const std::vector<std::string>& policies, double momentum = 0, std::int64_t steps = kSteps) {
  const RunConfig q = config_of(quadratic_name(steps), algorithm, policies, 0.4, momentum);
  const RunConfig l = config_of(logistic_name(steps), algorithm, policies, 0.25, momentum);
  return {{q, quadratic(5)}, {l, reference::problem(logistic(steps, 5), reference::Vector(kDim, 0))}};
}

reference::LearningRate constant(const RunConfig& c) {
  return [lr = c.train.lr](std::int64_t) { return lr; };
}

}  // namespace

TEST_CASE("every algorithm follows its twin") {
  for (const AlgorithmInfo& algorithm : algorithms()) {
    const Twin& row = twin_of(algorithm);
    for (const double momentum : {0.0, 0.5}) {
      if (row.momentum_only && momentum == 0) continue;
      for (const auto& [config, problem] : cases(std::string(algorithm.name), {"rounds(1)"}, momentum)) {
        CAPTURE(algorithm.name, momentum, config.data.dataset);
        RunConfig c = config;
        c.train.lr *= row.rate;
        const auto twin = row.run(problem, {{kSteps, reference::rounds(1), ring_schedule()}}, sgd_of(c), constant(c));
        CHECK((twin.back().distance_after > 0.01) == algorithm.uses_policy);

        // Equal rows have a distance of exactly 0 here, and of what the mean rounds to there.
        const double most = tolerance(twin, 2, momentum) * (row.keeps_rounding ? static_cast<double>(kSteps) : 1);
        for (const Places places : kPlaces) check_close(harness(places, c), twin, most);
      }
    }
  }
}

// How Adam passes errors on. Let all models so far be wrong by at most e: gradients by L e, m̂, a weighted mean of them, as well, and sqrt(v̂), a weighted root
// mean square, too. |m̂| <= sqrt(Σ a²/b) sqrt(v̂) for their weights a and b, below 1.23 sqrt(v̂) for β1 = 1/2 and β2 = 3/4. So with ε = 1 the direction is
// wrong by at most L e (1 + 1.23), and a step makes (1 + γ (2.23 L + λ)) of an error. Itself it rounds, as in the optimizer's own test, 24 u γ max|g| <=
// 24 u γ L 2 S and 4 u S: less than the 8 u 2 S of the tolerance with γ = 0.01 and L <= 4.
TEST_CASE("Adam and AdamW follow their twins, under gossip in either order and centralized") {
  const std::int64_t steps = 10;
  const double lr = 0.01, decay = 0.1, growth = std::pow(1 + lr * (2.23 * 4 + decay), static_cast<double>(steps));
  for (const bool decoupled : {true, false})
    for (const auto* algorithm : {"dsgd", "dsgd-cta", "centralized"})
      for (const auto& [config, problem] : cases(algorithm, {"rounds(1)"}, 0, steps)) {
        INFO(algorithm << ", decoupled " << decoupled << ", " << config.data.dataset);
        RunConfig c = config;
        c.train.lr = lr;
        c.train.weight_decay = decay;
        c.train.optimizer = decoupled ? "adamw(0.5, 0.75, 1)" : "adam(0.5, 0.75, 1)";
        const auto twin_with = [&, &objective = problem](double beta2) {
          const auto adam = reference::in_place_of_sgd({.beta1 = 0.5, .beta2 = beta2, .epsilon = 1, .weight_decay = decay, .decoupled = decoupled});
          if (c.train.algorithm == "centralized") return reference::centralized(objective, steps, adam, constant(c));
          const auto& run = c.train.algorithm == "dsgd" ? reference::dsgd : reference::dsgd_cta;
          return run(objective, {{steps, reference::rounds(1), ring_schedule()}}, adam, constant(c));
        };
        const auto twin = twin_with(0.75), wrong = twin_with(0.7);
        const double most = tolerance(twin, 2, 0) * growth;
        std::vector<reference::Matrix> off;
        for (const auto& step : wrong) off.push_back(step.after);
        CHECK(largest_difference(off, twin) > 5 * most);

        for (const Places places : kPlaces) check_close(harness(places, c), twin, most);
      }
}

TEST_CASE("control to a target does the rounds of the paper's loop") {
  const std::int64_t steps = 10;
  const double target = 0.3;
  for (const auto& [config, problem] : cases("dsgd", {fmt::format("target({})", target)}, 0, steps)) {
    const auto twin = reference::dsgd(problem, {{steps, reference::target(target), ring_schedule()}}, sgd_of(config), constant(config));
    const double most = tolerance(twin, 2, 0);
    check_far_from(target, twin, ring(), most * std::sqrt(static_cast<double>(kDim)));
    CHECK(twin.back().rounds > 0);

    for (const char* method : {"", "gram", "loop", "auto"}) {
      RunConfig c = config;
      c.control.method = method;
      for (const Places places : kPlaces) check_close(harness(places, c), twin, most);
    }
  }
}

TEST_CASE("phases of exact averaging, plain gossip and control follow their twin") {
  const std::int64_t steps = 5;
  const double target = 0.35;
  for (const auto& [config, problem] : cases("dsgd", {"exact", "rounds(2)", fmt::format("target({})", target)}, 0.5, steps)) {
    const auto twin = reference::dsgd(
        problem,
        {{steps, reference::exact(), ring_schedule()}, {steps, reference::rounds(2), ring_schedule()}, {steps, reference::target(target), ring_schedule()}},
        sgd_of(config), constant(config));
    const double most = tolerance(twin, 2, 0.5);
    check_far_from(target, {twin.end() - steps, twin.end()}, ring(), most * std::sqrt(static_cast<double>(kDim)));
    CHECK(twin.back().rounds > 0);

    for (const Places places : kPlaces) check_close(harness(places, config), twin, most);
  }
}

// Two directed graphs, one after the other: weights go on from the one into the other. As the errors are of z = x / w, a step's rate is γ / w at the most,
// which has to be within 1/L; r has three roundings more per term than W.
TEST_CASE("stochastic gradient push follows its twin over two directed graphs") {
  for (const double momentum : {0.0, 0.5})
    for (auto& [config, problem] : cases("sgp", {"rounds(1)", "rounds(1)"}, momentum, 10)) {
      RunConfig c = config;
      c.train.lr = 0.07;
      c.topology.weights = "push-sum";
      c.topology.name = {"random-directed", "star"};
      const MixingSchedule first = make_mixing("random-directed", "push-sum", kNodes, 5), second = make_mixing("star", "push-sum", kNodes, 5);
      const MixingSchedule both(kNodes, [=](std::int64_t round) { return round < 10 ? first.at(round) : second.at(round - 10); });
      const auto twin = reference::push_sum(problem, both, 1, 20, sgd_of(c), constant(c));
      double least = 1;
      for (const auto& w : twin.weights) least = std::min(least, *std::ranges::min_element(w));
      CHECK(least < 0.7);
      REQUIRE(c.train.lr / least <= 0.25);
      CHECK(twin.models.back().distance_after > 0.05);

      for (const Places places : kPlaces) check_close(harness(places, c), twin.models, tolerance(twin.models, 2 * kNodes, momentum));
    }
}

TEST_CASE("DSGD-AC follows its twin down a cosine") {
  for (auto& [config, problem] : cases("dsgd", {"dsgd-ac(after = 1, power = 3)"})) {
    RunConfig c = config;
    c.train.epochs = 3;
    c.train.schedule = "cosine";
    const auto rate = [&](std::int64_t step) { return c.train.lr * 0.5 * (1 + std::cos(M_PI * static_cast<double>(step) / (3.0 * kSteps))); };
    const auto twin = reference::dsgd_ac(problem, ring_schedule(), 1, 3 * kSteps, {.lr_max = c.train.lr, .first_step = kSteps, .power = 3}, {}, rate);

    for (const Places places : kPlaces) check_close(harness(places, c), twin, tolerance(twin, 2, 0));
  }
}

TEST_CASE("the critical distance of logistic regression is that of the exact gradient and noise at the mean model") {
  RunConfig c = config_of(logistic_name(kSteps), "dsgd", {"critical(2)"}, 0.25);
  c.evaluation.every = "1 steps";
  const auto twin = logistic(kSteps, 5);
  const double L = reference::smoothness(twin), optimum = reference::value(twin, reference::optimum(twin));

  for (const Places places : kPlaces) {
    const Traced traced = harness(places, c);
    REQUIRE(traced.record.evaluations.size() == kSteps);
    for (std::size_t t = 0; t < kSteps; ++t) {
      const auto x = reference::mean(traced.after[t]);
      const double variance = reference::noise_variance(twin, x), norm2 = reference::squared_norm(reference::gradient(twin, x));

      // The harness has x̄ in float, and decides before mixing moves it by a few roundings more. Such a 2^-20 of |x| < 2 in each of 30 parameters
      // changes ∇f by less than L 2^-20 2 sqrt(30) < 4e-5, against ‖∇f‖ > 0.02, and the noise by less than that.
      CHECK(traced.record.steps[t].critical_distance == Approx(std::sqrt(reference::critical_distance2(c.train.lr, variance, L, kNodes, norm2))).epsilon(2e-3));
      const EvaluationRow& row = traced.record.evaluations[t];
      CHECK(row.gradient_norm_mean_model == Approx(std::sqrt(norm2)).epsilon(2e-3));
      CHECK(row.gradient_variance_mean_model == Approx(variance).epsilon(2e-3));
      CHECK(row.suboptimality_mean_model == Approx(reference::value(twin, x) - optimum).epsilon(2e-3));
    }
    CHECK(traced.record.steps.back().gossip_rounds > 0);
  }
}

TEST_CASE("the tolerance is far below what a small mistake does: a rate off by a thousandth, or one round too few") {
  const auto problem = quadratic(5);
  const reference::LearningRate right = [](std::int64_t) { return 0.4; }, wrong = [](std::int64_t) { return 0.4004; };
  const auto twin = reference::dsgd(problem, {{kSteps, reference::rounds(2), ring_schedule()}}, {}, right);
  std::vector<reference::Matrix> off, fewer;
  for (const auto& step : reference::dsgd(problem, {{kSteps, reference::rounds(2), ring_schedule()}}, {}, wrong)) off.push_back(step.after);
  for (const auto& step : reference::dsgd(problem, {{kSteps, reference::rounds(1), ring_schedule()}}, {}, right)) fewer.push_back(step.after);

  CHECK(largest_difference(off, twin) > 2 * tolerance(twin, 2, 0));
  CHECK(largest_difference(fewer, twin) > 100 * tolerance(twin, 2, 0));
}
