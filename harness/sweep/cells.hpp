#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/plan.hpp"

namespace xib {

// Dotted key -> value as text, of a resolved configuration.
using Settings = std::map<std::string, std::string>;

// A list that has one value for every phase reads as that value. Throws Error(input) for what is no JSON object.
Settings settings_of(const std::string& config_json);

// Finds the cell of a finished run in a plan, by what the plan's runs have in the axes. Ids would not do: they depend on files that a topology was read
// from, and on the version of the program.
class Cells {
 public:
  explicit Cells(const Plan& plan);
  // nullopt: no run of the plan has this variant, seed and values of the axes.
  std::optional<Axes> find(const std::string& variant, std::int64_t seed, const std::string& config_json) const;

 private:
  struct Planned {
    Axes cell;
    std::vector<std::string> values;  // of keys_
  };
  std::vector<std::string> keys_;
  std::map<std::pair<std::string, std::int64_t>, std::vector<Planned>> runs_;  // variant, seed
};

}  // namespace xib
