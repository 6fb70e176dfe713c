#pragma once

#include "harness/sweep/select.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace xib {

// Adds the filters that plan, run, status and bench share: --index, --id, --where, --stage.
std::vector<CLI::Option*> add_selection(CLI::App& command, Selection& selection);

// Adds the overrides that plan, run and bench share: --set.
void add_overrides(CLI::App& command, std::vector<std::string>& sets);
// Adds the device that run and bench share: --device, --way.
void add_device(CLI::App& command, std::string& device, std::string& way);

}  // namespace xib
