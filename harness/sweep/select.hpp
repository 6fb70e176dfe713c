#pragma once

#include <string>
#include <vector>

#include "harness/sweep/plan.hpp"

namespace xib {

// Choice of runs for a command; an empty selection chooses all. A run must pass every kind of filter. Several --index or --id are alternatives; of several
// --where all must hold.
struct Selection {
  std::vector<int> index = {};
  std::vector<std::string> id = {};     // ids, or beginnings of ids
  std::vector<std::string> where = {};  // key=value; also variant=name
  int stage = 0;                        // 0: any
  bool empty() const { return index.empty() && id.empty() && where.empty() && stage == 0; }
};

// Selected runs in plan order. Throws Error(input) if nothing matches, a key is unknown, or an index, id or variant does not exist.
std::vector<const PlannedRun*> select(const Plan& plan, const Selection& selection);

}  // namespace xib
