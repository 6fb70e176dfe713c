#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace xib {

// Function that runs if a subcommand was chosen; it returns the exit status (0 done, 1 the work failed, 2 bad input, 75 interrupted with a checkpoint) and may
// throw xib::Error. add_*() adds the options of a subcommand to `command` and returns this function. Data goes to stdout, everything else to stderr. One file
// per subcommand; the table is in main.cpp.
using Command = std::function<int()>;

Command add_doctor(CLI::App& command);
Command add_list(CLI::App& command);
Command add_topology(CLI::App& command);
Command add_plan(CLI::App& command);
Command add_run(CLI::App& command);
Command add_status(CLI::App& command);
Command add_show(CLI::App& command);
Command add_gap(CLI::App& command);
Command add_data(CLI::App& command);
Command add_bench(CLI::App& command);
Command add_preflight(CLI::App& command);
Command add_costs(CLI::App& command);
Command add_cost(CLI::App& command);

}  // namespace xib
