#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/fields.hpp"
#include "harness/sweep/overrides.hpp"
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
  std::string seeds_where;  // "": the default
  std::vector<Setting> file;
  std::vector<Axis> axes;  // in the order of the file, without those that are overridden
  std::vector<VariantSpec> variants;
  std::vector<Setting> overrides;  // the environment's, then those of --set
};

// The text of a sweep file. Throws Error(input) where it cannot be read or is empty.
std::string read_sweep_text(const std::string& path);

// `path` stands for the file in messages; `overrides` are asked for when the file has been read, so that what is wrong with them is said after it.
SweepSpec read_spec(const std::string& text, const std::string& path, const std::function<std::vector<Override>(Problems&)>& overrides,
                    const Vocabulary& vocabulary, Problems& problems);

// The margin that a value of the key delta declares; nullopt: none, which goes to `problems`.
std::optional<double> margin_of(const Leaf& leaf, const std::string& where, Problems& problems);

}  // namespace xib
