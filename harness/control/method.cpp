#include "harness/control/method.hpp"

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/core/term.hpp"
#include "harness/graph/traffic.hpp"
#include "harness/mix/moments.hpp"

#include <array>
#include <cmath>

namespace xib {
namespace {

constexpr std::array<MethodInfo, 3> kMethods = {{
    {"gram", "", "one Gram matrix, which predicts Ξ after any number of rounds; Ξ is measured only where the prediction is within rounding of the target",
     Method::Kind::gram},
    {"loop", "", "mix a round, measure Ξ, repeat: cheaper for few rounds, small models and many nodes", Method::Kind::loop},
    {"auto", "latency = 50e-6, bandwidth = 1.25e9, rate = 4e9",
     "in each step the cheaper of the two for as many rounds as the step before took, modelled on a network of this latency (s) and bandwidth (B/s) whose nodes "
     "do `rate` multiplications with additions a second",
     Method::Kind::automatic},
}};

double seconds_of(const RunTraffic& traffic, const Method& method) {
  return modelled_seconds(traffic, {.latency_s = method.latency_s, .bandwidth = method.bandwidth});
}

}  // namespace

std::span<const MethodInfo> methods() { return kMethods; }

Method make_method(std::string_view text, std::string_view key) {
  Method method;
  if (text.empty()) return method;
  const Term term = Term::parse(text, key);
  Arguments arguments(term, key);
  method.kind = row_of(kMethods, term.name, "method", key).kind;
  if (method.kind == Method::Kind::automatic) {
    method.latency_s = arguments.number("latency", method.latency_s);
    method.bandwidth = arguments.number("bandwidth", method.bandwidth);
    method.rate = arguments.number("rate", method.rate);
    require(method.latency_s >= 0 && std::isfinite(method.latency_s), Key{key}, "{}: a latency is at least 0 seconds", text);
    require(method.bandwidth > 0 && method.rate > 0, Key{key}, "{}: a bandwidth, in bytes per second, and a rate, in operations per second, are above 0", text);
  }
  arguments.done();
  return method;
}

DecisionCost::DecisionCost(int n, std::size_t columns)
    : nodes(n),
      dim(static_cast<double>(columns)),
      gram_bytes(static_cast<double>(NodeStatistics::measure_bytes(n, columns, Gram::yes))),
      distance_bytes(static_cast<double>(NodeStatistics::measure_bytes(n, columns, Gram::no))) {}

double gram_seconds(const Method& method, const DecisionCost& cost, double entries, int rounds) {
  RunTraffic traffic;
  add_decision(traffic, static_cast<int>(cost.nodes), cost.gram_bytes, 2);
  const double n = cost.nodes, pairs = cost.dim * (n + 1) / 2;  // of a node, which has dim/n columns of n (n + 1) / 2 pairs of rows
  const double round = n * n * (2 * entries + 2);               // W G, then (W G) Wᵀ, and the means of rows and columns: on rank 0 alone
  return seconds_of(traffic, method) + (pairs + 2 * cost.dim + round * rounds) / method.rate;
}

double loop_seconds(const Method& method, const DecisionCost& cost, int measurements) {
  RunTraffic traffic;
  add_decision(traffic, static_cast<int>(cost.nodes), measurements * cost.distance_bytes, 2 * measurements);
  return seconds_of(traffic, method) + measurements * 2 * cost.dim / method.rate;  // means, then distances, of dim/n columns of n rows
}

int loop_pays_up_to(const Method& method, const DecisionCost& cost, double entries, int least, int most) {
  int measurements = 0;
  while (least + measurements <= most && loop_seconds(method, cost, measurements + 1) <= gram_seconds(method, cost, entries, least + measurements))
    ++measurements;
  return measurements;
}

}  // namespace xib
