#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace xib {

// How Ξ is measured for the record. Policies that decide from a Gram matrix measure exactly whatever this says.
struct Gauge {
  enum class Kind { exact, sketch, displacement, none } kind = Kind::exact;
  int buckets = 0;         // of a sketch
  std::uint64_t seed = 0;  // of a sketch
};

// One row of the table of gauges: what parser, --help, tests and docs loop over.
struct GaugeInfo {
  std::string_view name, arguments, help;
  Gauge::Kind kind;
  bool may_steer;  // its Ξ may be the unit of a target: no noise, whose maximum over steps is too large, and no bound
};
std::span<const GaugeInfo> gauges();
const GaugeInfo& gauge_info(Gauge::Kind kind);

// The gauge written as `text`; `key` goes into errors. Throws Error(input) for an unknown name, saying the nearest, or wrong arguments.
Gauge make_gauge(std::string_view text, std::string_view key, std::uint64_t seed);

}  // namespace xib
