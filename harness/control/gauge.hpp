#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace xib {

// Way to measure Ξ for the record. Policies that decide from a Gram matrix measure exactly under every gauge.
struct Gauge {
  enum class Kind { exact, sketch, displacement, none } kind = Kind::exact;
  int buckets = 0;         // of a sketch
  std::uint64_t seed = 0;  // of a sketch
};

// One row of the table of gauges, which the parser, `xibench list` and the tests read.
struct GaugeInfo {
  std::string_view name, arguments, help;
  Gauge::Kind kind;
  bool may_steer;  // its Ξ may be the unit of a target. Noisy values may not, because their maximum over steps is too large; bounds may not either
};
std::span<const GaugeInfo> gauges();
const GaugeInfo& gauge_info(Gauge::Kind kind);

// Gauge written as `text`; `key` is for errors. Throws Error(input) for an unknown name (with the nearest one) or wrong arguments.
Gauge make_gauge(std::string_view text, std::string_view key, std::uint64_t seed);

}  // namespace xib
