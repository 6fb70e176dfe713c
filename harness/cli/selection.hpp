#pragma once

#include "harness/sweep/select.hpp"

namespace CLI {
class App;
}

namespace xib {

// The filters that plan, run, status and bench share: --index, --id, --where, --stage.
void add_selection(CLI::App& command, Selection& selection);

}  // namespace xib
