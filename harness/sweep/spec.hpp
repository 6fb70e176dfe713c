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

// Value of a key, and the place that sets it.
struct Setting {
  const Field* field = nullptr;
  std::optional<Value> value;  // nullopt: it was refused, and the problem reported; what depends on it is skipped
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

// Sweep file with its overrides, not yet expanded. Precedence of settings: file, axes, variant, overrides (last wins).
struct SweepSpec {
  Sweep sweep;
  std::string seeds_where;  // "": the default
  std::vector<Setting> file;
  std::vector<Axis> axes;  // in the order of the file, without overridden ones
  std::vector<VariantSpec> variants;
  std::vector<Setting> overrides;  // the environment's, then those of --set
};

// Text of a sweep file. Throws Error(input) if it cannot be read or is empty.
std::string read_sweep_text(const std::string& path);

// Reads a sweep file's text. `path` stands for the file in messages. `overrides` is called after the file was read, so that problems of overrides follow those
// of the file.
SweepSpec read_spec(const std::string& text, const std::string& path, const std::function<std::vector<Override>(Problems&)>& overrides,
                    const Vocabulary& vocabulary, Problems& problems);

// Margin that a value of the key delta declares; nullopt: the value is not a margin, and `problems` says why.
std::optional<double> margin_of(const Leaf& leaf, const std::string& where, Problems& problems);

}  // namespace xib
