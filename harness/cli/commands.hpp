#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace xib {

// A subcommand adds its options to `command` and returns what runs when it was chosen: the exit status (0 done, 1 the work failed
// or a regression was found, 2 bad input, 75 interrupted with a checkpoint). It may throw xib::Error. Data goes to stdout, all else
// to stderr. One file per subcommand; the table is in main.cpp.
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

}  // namespace xib
