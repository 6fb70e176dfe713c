#include "harness/cli/commands.hpp"
#include "harness/cli/out_of_memory.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/process.hpp"
#include "harness/job/build_info.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace {

struct Row {
  const char *name, *help;
  xib::Command (*add)(CLI::App& command);
};

constexpr std::array<Row, 13> kCommands = {{
    {"doctor", "show the versions and devices that this build uses, what is missing, and the consequences", xib::add_doctor},
    {"list", "list what a sweep file may name: algorithms, policies, graphs, models, data sets, keys, with their arguments", xib::add_list},
    {"topology", "show a graph's mixing matrix: degree, spectrum, rounds, bytes; without a name compare all graphs", xib::add_topology},
    {"data", "list the data sets, fetch them, verify them, show a partition", xib::add_data},
    {"plan", "show the runs of a sweep: index, id, what varies, cost; runs nothing", xib::add_plan},
    {"run", "run the unfinished runs of a sweep", xib::add_run},
    {"status", "show the state of every run of a sweep: complete, running, failed, missing", xib::add_status},
    {"show", "show one run file on a screen", xib::add_show},
    {"gap", "print the gap table: every variant against centralized, paired by seed", xib::add_gap},
    {"cost", "seconds per step and to a score on a network that you state, from finished runs: what to run on your machine", xib::add_cost},
    {"bench", "time the steps of a sweep's runs on this machine, over ranks and threads; keeps no files", xib::add_bench},
    {"costs", "show core-hours, memory and energy of every run of a sweep, with lost attempts, and the slow hosts", xib::add_costs},
    {"preflight", "under mpirun or srun: check placement, known results and bandwidths of the ranks; name the nodes that fail", xib::add_preflight},
}};

// A repeatable option takes one value each time (--index 0 --index 1); help would otherwise show `--index INT ...`.
void take_one_value_each_time(CLI::App& command) {
  for (CLI::Option* option : command.get_options())
    if (!option->get_positional() && !option->get_allow_extra_args() && option->get_expected_max() > 1)
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1);
}

// An empty value would be read as 0, or as if the flag was not given.
void refuse_empty_values(CLI::App& command) {
  const CLI::Validator not_empty(
      [](std::string& value) { return value.empty() ? "is empty (perhaps an unset shell variable): give a value, or leave it out" : ""; }, "");
  for (CLI::Option* option : command.get_options())
    if (option->get_items_expected_max() > 0) option->transform(not_empty);  // before other checks
  for (CLI::App* inner : command.get_subcommands({})) refuse_empty_values(*inner);
}

// Help and the version are asked for; all else is refused in a line that says where and what to do.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream text;  // std::cout would flush by itself and lose the reason of a failure
    app.exit(error, text);
    std::fputs(text.str().c_str(), stdout);
    return 0;
  }
  std::string command;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands()) command += " " + chosen.front()->get_name();
  xib::notify("xibench{}: {}; xibench{} --help shows how it is used\n", command, xib::printable(error.what()), command);
  return static_cast<int>(xib::Fault::input);
}

// Output must arrive: results on a full disk are no success. A reader that closed the pipe (| head) has what it wants.
int delivered(int status) {
  if (status != 0) return status;
  errno = 0;
  const bool arrived = std::fflush(stdout) == 0 && !std::ferror(stdout);
  if (arrived || errno == EPIPE) return 0;
  std::fprintf(stderr, "xibench: cannot write to standard output%s%s\n", errno != 0 ? ": " : "", errno != 0 ? std::strerror(errno) : "");
  return static_cast<int>(xib::Fault::work);
}

int run_command(const std::vector<std::pair<CLI::App*, xib::Command>>& commands) {
  try {
    for (const auto& [command, run] : commands)
      if (command->parsed()) return run();
  } catch (const xib::Error& error) {
    xib::notify("xibench: {}\n", error.what());
    return static_cast<int>(error.fault());
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::broken_pipe) {
      std::clearerr(stdout);  // nobody is there to miss the rest
      return 0;
    }
    xib::notify("xibench: {}\n", error.what());
    return static_cast<int>(xib::Fault::work);
  } catch (const std::exception& error) {
    xib::notify("xibench: {}\n", error.what());
    return static_cast<int>(xib::Fault::work);
  }
  return static_cast<int>(xib::Fault::input);
}

}  // namespace

int main(int argc, char** argv) {
  xib::say_where_memory_ends();
  xib::keep_freed_memory();
  CLI::App app("xibench measures the gap between centralized and decentralized training, and the consensus distance that explains it.", "xibench");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("xibench ") + xib::build_info::version);
  std::vector<std::pair<CLI::App*, xib::Command>> commands;
  for (const auto& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.help);
    commands.emplace_back(command, row.add(*command));
    take_one_value_each_time(*command);
    refuse_empty_values(*command);
  }
  if (argc > 1 && !app.get_option_no_throw(argv[1]) &&
      std::none_of(kCommands.begin(), kCommands.end(), [&](const Row& row) { return row.name == std::string(argv[1]); })) {
    xib::notify("xibench: unknown command '{}'; xibench --help lists the commands\n", xib::printable(argv[1]));
    return static_cast<int>(xib::Fault::input);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return delivered(end_of_parsing(app, error));
  }
  return delivered(run_command(commands));
}
