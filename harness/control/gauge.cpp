#include "harness/control/gauge.hpp"

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/core/term.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::array<GaugeInfo, 4> kGauges = {{
    {"exact", "", "Ξ exactly; traffic of half an all-reduce", Gauge::Kind::exact, true},
    {"sketch", "k = 128",
     "Ξ from k random numbers per node: unbiased in Ξ², relative standard error of Ξ² at most sqrt(2/k) (of Ξ about sqrt(1/(2k)) when k is large)",
     Gauge::Kind::sketch, false},
    {"displacement", "", "Θ of the step's first round, one number per node; on a fixed graph it gives a bound on Ξ, and Ξ itself stays unknown",
     Gauge::Kind::displacement, false},
    {"none", "", "measures only what the policy needs", Gauge::Kind::none, false},
}};

constexpr std::int64_t kMaxBuckets = 1 << 20;

}  // namespace

std::span<const GaugeInfo> gauges() { return kGauges; }

const GaugeInfo& gauge_info(Gauge::Kind kind) {
  return *std::find_if(kGauges.begin(), kGauges.end(), [&](const auto& info) { return info.kind == kind; });
}

Gauge make_gauge(std::string_view text, std::string_view key, std::uint64_t seed) {
  const Term term = Term::parse(text, key);
  Arguments arguments(term, key);
  Gauge gauge{.kind = row_of(kGauges, term.name, "gauge", key).kind};
  if (gauge.kind == Gauge::Kind::sketch) {
    const auto k = arguments.integer("k", 128);
    require(k >= 1 && k <= kMaxBuckets, Key{key}, "{}: a sketch has between 1 and {} numbers per node", text, kMaxBuckets);
    gauge.buckets = static_cast<int>(k);
    gauge.seed = seed;
  }
  arguments.done();
  return gauge;
}

}  // namespace xib
