#pragma once

#include "harness/sweep/select.hpp"

#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace xib {

// Adds the filters that plan, run, status and bench share: --index, --id, --where, --stage.
std::vector<CLI::Option*> add_selection(CLI::App& command, Selection& selection);

}  // namespace xib
