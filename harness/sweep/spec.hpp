#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/fields.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/problems.hpp"

namespace xib {

// A value given to a key, and by whom.
struct Setting {
  const Field* field = nullptr;
  std::optional<Value> value;  // nullopt: refused, and said so; what depends on it is not looked at further
  std::string where;           // sweep.toml:12, XIBENCH_TRAIN__NODES, --set
};

struct VariantSpec {
  std::string name, where;
  bool baseline = false;
  std::vector<Setting> settings;
};

struct Axis {  // a key of [sweep]
  const Field* field = nullptr;
  bool coupled = false;  // moves with the axis before it, value by value
  std::string where;
  std::vector<Setting> values;
};

// A sweep file and its overrides, read but not yet expanded. Precedence of settings: file, axes, variant, overrides (last wins).
struct SweepSpec {
  Sweep sweep;
  std::vector<std::int64_t> seeds = {1};
  std::string seeds_where;  // "": the default
  std::vector<Setting> file;
  std::vector<Axis> axes;  // in the order of the file, without those that are overridden
  std::vector<VariantSpec> variants;
  std::vector<Setting> overrides;  // the environment's, then those of --set
};

SweepSpec read_spec(const std::string& path, const std::vector<std::string>& sets, const Vocabulary& vocabulary, Problems& problems);

}  // namespace xib
