#include "harness/control/policy.hpp"

#include "harness/control/rounds_to_target.hpp"
#include "harness/core/check.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>

using namespace xib;
using namespace xib::test;
using Catch::Contains;

namespace {

// How each policy of the table is written; a new policy has to be added here.
const std::map<std::string, std::vector<std::string>, std::less<>> kExamples = {
    {"rounds", {"rounds", "rounds(3)"}},
    {"exact", {"exact"}},
    {"exact-every", {"exact-every(3)", "exact-every(2, rounds = 0)"}},
    {"target", {"target(0.25)"}},
    {"fraction", {"fraction(0.5)"}},
    {"fraction-of-start", {"fraction-of-start(0.25, steps = 3)"}},
    {"adaptive", {"adaptive(0.1)", "adaptive(0.1, beta = 0.5)", "adaptive(0.1, average = run)"}},
    {"critical", {"critical", "critical(0.5, L = 3)"}},
    {"dsgd-ac", {"dsgd-ac", "dsgd-ac(after = 2, power = 1)"}},
};

const PolicyContext kContext{.reference_distance = 2, .min_rounds = 0, .max_rounds = 50, .L = 2, .full_gradient = true};

std::unique_ptr<ConsensusPolicy> make(std::string_view text, const PolicyContext& context = kContext) { return make_policy(text, "control.policy", context); }

// Views of two nodes at x = ±distance(step): each round with weights 1/4 halves Ξ exactly.
struct Views {
  MixingSchedule schedule = fixed(circulant(2, {1}, 0.25));
  std::vector<double> gram;
  ConsensusView at(std::int64_t step, double distance = 1) {
    const double d2 = distance * distance;
    gram = {d2, -d2, -d2, d2};
    return {.step = step,
            .phase_step = step,
            .round = step,
            .epoch = static_cast<double>(step),
            .lr = 0.5 / static_cast<double>(step + 1),
            .lr_max = 0.5,
            .nodes = 2,
            .distance = distance,
            .mean_model_norm = 1,
            .gradient_norm = 1 + static_cast<double>(step % 5),
            .gradient_spread = 1 + static_cast<double>(step % 3),
            .mean_gradient_norm2 = 8,
            .full_gradient_norm2 = 32 + static_cast<double>(step),
            .gradient_variance = 4,
            .gram = gram,
            .schedule = &schedule};
  }
};

bool same(const Decision& a, const Decision& b) {
  const auto equal = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.exact == b.exact && a.reached == b.reached && a.rounds == b.rounds && a.strength == b.strength && equal(a.target, b.target) &&
         equal(a.critical, b.critical);
}

}  // namespace

TEST_CASE("every policy of the table is made by its name and decides within its bounds") {
  Views views;
  CHECK(policies().size() == kExamples.size());
  for (const auto& info : policies()) {
    REQUIRE(kExamples.contains(info.name));
    for (const auto& text : kExamples.find(info.name)->second) {
      INFO(text);
      const auto policy = make(text);
      CHECK(&policy_info(text) == &info);
      CHECK(policy->needs().gram == info.holds_target);
      CHECK((info.holds_target || !info.needs_reference));
      CHECK_FALSE(info.help.empty());
      for (int step = 0; step < 10; ++step) {
        const Decision d = policy->decide(views.at(step, 1 + step));
        CHECK(d.rounds >= 0);
        CHECK(d.rounds <= kContext.max_rounds);
        CHECK((d.strength >= 0 && d.strength <= 1));
        CHECK((!d.exact || d.rounds == 0));
      }
    }
  }
}

TEST_CASE("policies that hold a target mix at least min_rounds and otherwise what they would; to the others it means nothing") {
  Views views;
  for (const auto& [name, texts] : kExamples)
    for (const auto& text : texts) {
      int raised = 0;
      for (const int least : {0, 1, 3}) {
        PolicyContext context = kContext;
        context.min_rounds = least;
        const auto free = make(text), bound = make(text, context);
        for (int step = 0; step < 12; ++step) {
          INFO(text << ", at least " << least << " rounds, step " << step);
          Decision expected = free->decide(views.at(step, std::ldexp(1.0, -(step % 4))));
          const bool start = name == "fraction-of-start" && std::isnan(expected.target);  // the first steps are plain D-SGD
          if (policy_info(text).holds_target && !start && expected.rounds < least) expected.rounds = least, ++raised;
          CHECK(same(bound->decide(views.at(step, std::ldexp(1.0, -(step % 4)))), expected));
        }
      }
      CHECK((raised > 0) == policy_info(text).holds_target);
    }
  CHECK(PolicyContext().min_rounds == 1);
}

TEST_CASE("a policy restored in the middle decides as one that was never interrupted") {
  Views views;
  for (const auto& [name, texts] : kExamples)
    for (const auto& text : texts)
      for (int interruption = 0; interruption <= 6; ++interruption) {
        INFO(text << " interrupted before step " << interruption);
        const auto going = make(text), before = make(text), after = make(text);
        for (int step = 0; step < interruption; ++step) {
          going->decide(views.at(step, 1 + step));
          before->decide(views.at(step, 1 + step));
        }
        after->restore(before->state());
        CHECK(std::isnan(after->state().empty() ? NAN : after->state()[0]) == std::isnan(before->state().empty() ? NAN : before->state()[0]));
        for (int step = interruption; step < 12; ++step) CHECK(same(after->decide(views.at(step, 1 + step)), going->decide(views.at(step, 1 + step))));
      }
}

TEST_CASE("rounds and exact policies do what their names say") {
  Views views;
  CHECK(make("rounds")->decide(views.at(0)).rounds == 1);
  CHECK(make("rounds(7)")->decide(views.at(0)).rounds == 7);
  CHECK(make("rounds(0)")->decide(views.at(0)).rounds == 0);
  CHECK(make("exact")->decide(views.at(0)).exact);
  const auto every = make("exact-every(3, rounds = 2)");
  for (int step = 0; step < 9; ++step) {
    const Decision d = every->decide(views.at(step));
    CHECK(d.exact == (step % 3 == 2));
    CHECK(d.rounds == (step % 3 == 2 ? 0 : 2));
  }
}

TEST_CASE("targets ask for the rounds that halve the distance often enough") {
  Views views;
  const auto rounds = [&](std::string_view text, double distance) { return make(text)->decide(views.at(0, distance)); };
  CHECK(rounds("target(0.25)", 0.25).rounds == 0);
  CHECK(rounds("target(0.25)", 1).rounds == 2);
  CHECK(rounds("target(0.25)", 1).target == 0.25);
  CHECK(rounds("fraction(0.25)", 4).rounds == 3);  // of the reference's 2: 0.5
  CHECK(rounds("fraction(0.25)", 4).target == 0.5);
  const Decision unreached = make("target(0.25)", {.min_rounds = 0, .max_rounds = 3})->decide(views.at(0, 16));
  CHECK(unreached.rounds == 3);
  CHECK_FALSE(unreached.reached);
}

TEST_CASE("fraction-of-start mixes once per step at first, then holds the fraction of the largest distance after mixing") {
  Views views;
  const auto policy = make("fraction-of-start(0.25, steps = 3)");
  for (const double distance : {1.0, 8.0, 2.0}) {
    const Decision d = policy->decide(views.at(static_cast<std::int64_t>(distance == 1 ? 0 : distance == 8 ? 1 : 2), distance));
    CHECK(d.rounds == 1);
    CHECK(std::isnan(d.target));
  }
  const Decision d = policy->decide(views.at(3, 2));  // largest after a round: 4, so the target is 1
  CHECK(d.target == 1);
  CHECK(d.rounds == 1);
}

TEST_CASE("adaptive follows the moving average of the gradient norm from its first value") {
  Views views;
  const auto policy = make("adaptive(0.5, beta = 0.75)");
  CHECK(policy->decide(views.at(0)).target == 0.5 * 1);
  CHECK(policy->decide(views.at(1)).target == 0.5 * (0.75 * 1 + 0.25 * 2));
}

TEST_CASE("adaptive begins its average anew in each phase, or goes on with what the last adaptive phase left") {
  Views views;
  const auto first = make("adaptive(0.5, beta = 0.75)"), between = make("rounds(1)");
  for (int step = 0; step < 2; ++step) first->decide(views.at(step));  // 0.75 · 1 + 0.25 · 2 = 1.25
  const auto target = [&](std::string_view text) {
    const auto policy = make(text);
    policy->follow(*first);
    policy->follow(*between);
    return policy->decide(views.at(2)).target;  // the norm is 3
  };
  CHECK(target("adaptive(0.5, beta = 0.75)") == 0.5 * 3);
  CHECK(target("adaptive(0.5, beta = 0.75, average = phase)") == 0.5 * 3);
  CHECK(target("adaptive(0.5, beta = 0.75, average = run)") == 0.5 * (0.75 * 1.25 + 0.25 * 3));
  CHECK(target("adaptive(2, beta = 0.5, average = run)") == 2 * (0.5 * 1.25 + 0.5 * 3));
  CHECK(make("adaptive(0.5, beta = 0.75, average = run)")->decide(views.at(2)).target == 0.5 * 3);  // no phase before
}

TEST_CASE("critical holds factor times the critical distance") {
  Views views;
  // Known σ² = 4, L = 2, n = 2, lr = 1/2, ‖∇f‖² = 32: Γ² = 0.5·4/(2·2) + 32/(8·4) = 1.5.
  const Decision known = make("critical(0.5)")->decide(views.at(0));
  CHECK(known.critical == std::sqrt(1.5));
  CHECK(known.target == 0.5 * std::sqrt(1.5));
  // Estimated: σ² = 1·2/1 = 2, ‖∇f‖² = 8 - 2/2 = 7: Γ² = 0.5·2/(2·2) + 7/32.
  const auto estimating = make("critical", {.max_rounds = 50, .L = 2});
  CHECK(estimating->needs().gradient_spread);
  CHECK_FALSE(estimating->needs().full_gradient);
  CHECK(estimating->decide(views.at(0)).critical == std::sqrt(0.25 + 7.0 / 32));
  CHECK_THROWS_WITH(make("critical", {.max_rounds = 50}), Contains("control.policy: critical") && Contains("critical(L = ...)"));
}

TEST_CASE("the estimated critical distance counts the nodes' own gradients as noise") {
  // Two nodes without noise, ∇f_i = ∇f ± u: Γ² = ‖∇f‖²/(8L²). Their spread ζ² = ‖u‖² = 3 is taken for half of σ², and a share of σ²/n is taken
  // from ‖ḡ‖² = ‖∇f‖² = 8, so that Γ² is missed by ζ²/(n - 1) (γ/L - 1/(8L²)): upwards where γ > 1/(8L), downwards below.
  Views views;
  for (const double lr : {0.5, 1.0 / 64}) {
    ConsensusView view = views.at(0);
    view.lr = lr;
    view.gradient_spread = 3;
    const double truth = 8.0 / 32, estimate = std::pow(make("critical", {.max_rounds = 50, .L = 2})->decide(view).critical, 2);
    CHECK(estimate == Approx(truth + 3 * (lr / 2 - 1.0 / 32)).epsilon(1e-15));
    CHECK((estimate > truth) == (lr > 1.0 / 16));
  }
}

TEST_CASE("dsgd-ac mixes fully at first and then by the power of the learning rate") {
  Views views;
  const auto policy = make("dsgd-ac(after = 2, power = 2)");
  CHECK(policy->decide(views.at(1)).strength == 1);
  CHECK(policy->decide(views.at(3)).strength == 1.0 / 16);  // lr / lr_max = 1/4
}

TEST_CASE("a target that floats cannot resolve is an error that names the step") {
  Views views;
  CHECK_THROWS_WITH(make("target(1e-9)")->decide(views.at(17)), Contains("step 17") && Contains("raise it, or use exact"));
}

TEST_CASE("unknown names, impossible and superfluous arguments are refused with a remedy") {
  const std::pair<const char*, const char*> bad[] = {{"round(3)", "did you mean 'rounds'?"},
                                                     {"xyzzyxyzzy", "known: rounds, exact"},
                                                     {"rounds(-1)", "between 0 and 50"},
                                                     {"rounds(51)", "between 0 and 50"},
                                                     {"rounds(1.5)", "not a whole number"},
                                                     {"rounds(1, 2)", "does not take"},
                                                     {"exact(1)", "does not take"},
                                                     {"exact-every", "needs the argument k"},
                                                     {"exact-every(0)", "at least 1"},
                                                     {"exact-every(2, rounds = -1)", "local SGD"},
                                                     {"target", "needs the argument distance"},
                                                     {"target(0)", "write exact"},
                                                     {"target(-1)", "positive"},
                                                     {"fraction(0)", "positive"},
                                                     {"fraction-of-start(0.5, steps = 0)", "at least 1"},
                                                     {"adaptive(0)", "positive"},
                                                     {"adaptive(1, beta = 1)", "0 <= beta < 1"},
                                                     {"adaptive(1, beta = -0.5)", "0 <= beta < 1"},
                                                     {"adaptive(1, average = epoch)", "write average = phase or average = run"},
                                                     {"adaptive(1, 0.5, 1)", "average is '1'"},
                                                     {"adaptive(1, keep = run)", "does not take: 'keep'"},
                                                     {"critical(0)", "positive"},
                                                     {"critical(L = 0)", "positive"},
                                                     {"critical(L = -2)", "positive"},
                                                     {"dsgd-ac(after = -1)", "negative"},
                                                     {"dsgd-ac(power = -1)", "beyond W"},
                                                     {"target(x)", "not a number"}};
  for (const auto& [text, message] : bad) {
    INFO(text);
    CHECK_THROWS_WITH(make(text), Catch::StartsWith("control.policy: ") && Contains(message));
  }
}
