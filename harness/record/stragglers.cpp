#include "harness/record/stragglers.hpp"

#include <algorithm>

namespace xib {
namespace {

std::tuple<int, int, int, int> kind_of(const StepRow& row) { return {row.attempt, row.phase, row.communication, row.gossip_rounds}; }
double seconds_of(const StepRow& row) { return row.wall_s - row.record_s; }
bool is_judged(const StepRow& row) { return (row.flags & ~flag_straggler) == 0; }

}  // namespace

void Stragglers::add(const StepRow& row) {
  if (is_judged(row)) alike_[kind_of(row)].push_back(seconds_of(row));
}

Stragglers::Limits Stragglers::limits() const {
  constexpr std::size_t kFewest = 5;
  constexpr double kTooLong = 2;
  Limits limits;
  for (const auto& [kind, seconds] : alike_) {
    if (seconds.size() < kFewest) continue;
    std::vector<double> sorted = seconds;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    limits.seconds_[kind] = kTooLong * *middle;
  }
  return limits;
}

void Stragglers::Limits::mark(std::span<StepRow> rows) const {
  for (StepRow& row : rows) {
    row.flags &= static_cast<std::uint8_t>(~flag_straggler);
    if (!is_judged(row)) continue;
    if (const auto limit = seconds_.find(kind_of(row)); limit != seconds_.end() && seconds_of(row) > limit->second) row.flags |= flag_straggler;
  }
}

void mark_stragglers(std::vector<StepRow>& steps) {
  Stragglers stragglers;
  for (const StepRow& row : steps) stragglers.add(row);
  stragglers.limits().mark(steps);
}

}  // namespace xib
