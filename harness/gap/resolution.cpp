#include <algorithm>
#include <cmath>

#include "harness/gap/gap_table.hpp"

namespace xib {
namespace {

// The half width of the interval after n pairs; NaN where no planned look covers them.
double half_width_after(double sd, int n, const Looks& looks) {
  const double level = level_after(n, looks);
  return std::isnan(level) ? kNaN : t_half_width(sd, n, looks.planned() ? 1 - level : kConfidence);
}

int look_to_resolve(double sd, double delta, const Looks& looks) {
  for (const int n : looks.pairs())
    if (half_width_after(sd, n, looks) <= delta) return n;
  return 0;
}

}  // namespace

std::optional<Resolution> resolution_of(const std::vector<GapGroup>& groups, double delta, const Looks& looks) {
  Resolution r;
  double squares = 0;
  int degrees = 0;
  for (const auto& group : groups)
    for (const auto& row : group.rows) {
      if (!row.paired || row.paired->difference.n < 2 || !std::isfinite(row.paired->difference.sd)) continue;
      const Spread& d = row.paired->difference;
      r.seeds = r.seeds == 0 ? d.n : std::min(r.seeds, d.n);
      squares += (d.n - 1) * d.sd * d.sd;
      degrees += d.n - 1;
    }
  if (degrees == 0) return std::nullopt;
  r.sd = std::sqrt(squares / degrees);
  r.half_width = half_width_after(r.sd, r.seeds, looks);
  r.seeds_for_delta = looks.planned() ? look_to_resolve(r.sd, delta, looks) : seeds_to_resolve(r.sd, delta);
  return r;
}

}  // namespace xib
