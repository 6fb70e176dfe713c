#pragma once

#include <string>
#include <vector>

#include "harness/sweep/plan.hpp"

namespace xib {

// The runs that a verb is to look at; an empty selection is all. Filters of different kinds hold together, several of --index or of
// --id are alternatives, several of --where hold together.
struct Selection {
  std::vector<int> index = {};
  std::vector<std::string> id = {};     // or the beginning of one
  std::vector<std::string> where = {};  // key=value; also variant=name
  int stage = 0;                        // 0: any
  bool empty() const { return index.empty() && id.empty() && where.empty() && stage == 0; }
};

// In plan order. Throws Error(input) when nothing matches, a key is unknown, or an index, id or variant does not exist.
std::vector<const PlannedRun*> select(const Plan& plan, const Selection& selection);

}  // namespace xib
