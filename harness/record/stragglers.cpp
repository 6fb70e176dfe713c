#include "harness/record/stragglers.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace xib {

void mark_stragglers(std::vector<StepRow>& steps) {
  constexpr std::size_t kFewest = 5;
  constexpr double kTooLong = 2;
  const auto seconds = [](const StepRow* row) { return row->wall_s - row->record_s; };
  std::map<std::tuple<int, int, int, int>, std::vector<StepRow*>> alike;
  for (StepRow& row : steps) {
    row.flags &= static_cast<std::uint8_t>(~flag_straggler);
    if (row.flags == 0) alike[{row.attempt, row.phase, row.communication, row.gossip_rounds}].push_back(&row);
  }
  for (auto& [what, rows] : alike) {
    if (rows.size() < kFewest) continue;
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
    std::nth_element(rows.begin(), middle, rows.end(), [&](const StepRow* a, const StepRow* b) { return seconds(a) < seconds(b); });
    const double limit = kTooLong * seconds(*middle);
    for (StepRow* row : rows)
      if (seconds(row) > limit) row->flags |= flag_straggler;
  }
}

}  // namespace xib
