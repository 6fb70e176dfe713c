#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/sweep/plan.hpp"

namespace xib {

// Values of a resolved configuration as text, by dotted key.
using Settings = std::map<std::string, std::string>;

// Settings of a configuration. A list with the same value for every phase becomes that value. Throws Error(input) if the text is not a JSON object.
Settings settings_of(const std::string& config_json);

// Finder of the cell of a finished run in a plan, by the values of the plan's runs in the axes. Ids cannot be used, because they depend on files that a
// topology was read from, and on the version of the program.
class Cells {
 public:
  explicit Cells(const Plan& plan);
  // nullopt: no run of the plan has this variant, seed and values of the axes. others: they must also agree in every other key that both state; a program of
  // another version may know more keys, or fewer.
  enum class Others { any, equal };
  std::optional<Axes> find(const std::string& variant, std::int64_t seed, const std::string& config_json, Others others = Others::any) const;

 private:
  struct Planned {
    Axes cell;
    std::vector<std::string> values;  // of keys_
    Settings settings;                // all
  };
  std::vector<std::string> keys_;
  std::map<std::pair<std::string, std::int64_t>, std::vector<Planned>> runs_;  // variant, seed
};

}  // namespace xib
