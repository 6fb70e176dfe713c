#include "harness/sweep/looks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/core/check.hpp"

namespace xib {

namespace {
constexpr std::size_t kMostSeeds = 1000;
}

std::optional<std::vector<int>> read_looks(const Leaf& leaf, const std::string& where, Problems& problems) {
  constexpr std::size_t kMost = 20;
  const auto value = value_of(leaf, Kind::integers);
  const auto* numbers = value ? std::get_if<std::vector<std::int64_t>>(&*value) : nullptr;
  const bool rising = numbers && std::is_sorted(numbers->begin(), numbers->end(), std::less_equal<>());
  if (rising && !numbers->empty() && numbers->size() <= kMost && numbers->front() >= 2 && numbers->back() <= static_cast<std::int64_t>(kMostSeeds))
    return std::vector<int>(numbers->begin(), numbers->end());
  problems.add(where, "looks",
               fmt::format("is no plan of looks; write rising numbers of seeds from 2 to {}, {} at most, such as [3, 4, 6, 8, 12, 16]", kMostSeeds, kMost));
  return std::nullopt;
}

std::vector<int> default_looks(std::size_t seeds) {
  require(seeds <= kMostSeeds, Key{"seeds"}, "are {}, and looks are at {} of them at most; name fewer", seeds, kMostSeeds);
  const int first = std::max(2, static_cast<int>(seeds)), last = std::clamp(2 * first, 16, static_cast<int>(kMostSeeds));
  std::vector<int> looks{first};
  for (int rung = 4; rung * 3 / 4 <= last; rung *= 2)
    for (const int n : {rung * 3 / 4, rung})
      if (n > first && n <= last) looks.push_back(n);
  return looks;
}

int look_of(std::int64_t seed, const std::vector<std::int64_t>& seeds, const std::vector<int>& looks) {
  const auto place = std::find(seeds.begin(), seeds.end(), seed) - seeds.begin();
  const auto look = std::upper_bound(looks.begin(), looks.end(), place);
  return look == looks.end() ? 0 : static_cast<int>(look - looks.begin()) + 1;
}

std::vector<std::int64_t> first_seeds(const std::vector<std::int64_t>& seeds, std::size_t n) {
  std::vector<std::int64_t> all(seeds.begin(), seeds.begin() + static_cast<std::ptrdiff_t>(std::min(n, seeds.size())));
  const std::int64_t largest = *std::max_element(seeds.begin(), seeds.end()),
                     most = std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(kMostSeeds);
  require(largest <= most, Key{"seeds"}, "{} leaves no room for the seeds that looks add above it; name seeds up to {}", largest, most);
  for (std::int64_t next = largest + 1; all.size() < n; ++next) all.push_back(next);
  return all;
}

}  // namespace xib
