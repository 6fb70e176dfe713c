#include "harness/record/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace xib {
namespace {

struct Row {
  Standing standing;
  std::string_view name, status_word;
};

// THE list of texts, in the order of the enumeration.
constexpr Row kRows[] = {
    {Standing::missing, "missing", "missing"},    {Standing::running, "running", "running"},     {Standing::interrupted, "interrupted", "interrupted"},
    {Standing::killed, "killed", "interrupted"},  {Standing::failed, "failed", "failed"},        {Standing::finished, "finished", "complete"},
    {Standing::diverged, "diverged", "complete"}, {Standing::elsewhere, "elsewhere", "running"},
};

constexpr bool in_order() {
  for (std::size_t k = 0; k < std::size(kRows); ++k)
    if (static_cast<std::size_t>(kRows[k].standing) != k) return false;
  return true;
}
static_assert(in_order());

const Row& row_of(Standing standing) { return kRows[static_cast<std::size_t>(standing)]; }

}  // namespace

std::string_view name_of(Standing standing) { return row_of(standing).name; }

std::optional<Standing> standing_named(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.name == name; });
  return row == std::end(kRows) ? std::nullopt : std::optional(row->standing);
}

std::string_view status_word(Standing standing) { return row_of(standing).status_word; }

std::string attempt_end(Standing standing, int signal) {
  if (standing == Standing::killed) return "unknown (killed)";
  if (standing != Standing::interrupted) return std::string(name_of(standing));
  return signal != 0 ? fmt::format("signal {}", signal) : "signal to another rank";
}

}  // namespace xib
