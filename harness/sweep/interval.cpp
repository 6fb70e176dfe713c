#include "harness/sweep/interval.hpp"

#include <charconv>

#include "harness/core/check.hpp"

namespace xib {

namespace {
constexpr std::int64_t kMost = 1'000'000'000;  // times the steps of an epoch it fits into 64 bits
}

Interval parse_interval(std::string_view text) {
  const auto bad = [&] { refuse("'{}' is not an interval; write \"1 epoch\", \"2 epochs\", \"50 steps\" or \"phase-ends\"", text); };
  if (text == "phase-ends") return {Interval::Unit::phase_ends, 0};
  Interval interval;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, interval.count);
  if (error != std::errc() || interval.count < 1) bad();
  require(interval.count <= kMost, "'{}' counts more than {}; write fewer, or \"phase-ends\"", text, kMost);
  std::string_view unit(end, static_cast<std::size_t>(last - end));
  if (unit.empty() || unit.front() != ' ') bad();
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  if (unit == "step" || unit == "steps")
    interval.unit = Interval::Unit::steps;
  else if (unit != "epoch" && unit != "epochs")
    bad();
  return interval;
}

std::string text(const Interval& interval) {
  if (interval.unit == Interval::Unit::phase_ends) return "phase-ends";
  return fmt::format("{} {}{}", interval.count, interval.unit == Interval::Unit::epochs ? "epoch" : "step", interval.count == 1 ? "" : "s");
}

}  // namespace xib
