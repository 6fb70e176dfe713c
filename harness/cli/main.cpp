#include "harness/cli/commands.hpp"
#include "harness/core/check.hpp"
#include "harness/run/build_info.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace {

struct Row {
  const char *name, *help;
  xib::Command (*add)(CLI::App& command);
};

constexpr std::array<Row, 7> kCommands = {{
    {"doctor", "versions and devices of everything this build runs on, what is missing and what that costs", xib::add_doctor},
    {"topology", "a graph's mixing matrix: degree, spectrum, rounds, bytes; without a name all graphs side by side", xib::add_topology},
    {"plan", "the runs of a sweep: index, id, what varies, cost; runs nothing", xib::add_plan},
    {"run", "run what of a sweep is not yet complete", xib::add_run},
    {"status", "per run of a sweep: complete, running, failed, missing", xib::add_status},
    {"show", "one run file in a screen", xib::add_show},
    {"gap", "the gap table: every variant against centralized, paired by seed", xib::add_gap},
}};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("xibench measures the gap between centralized and decentralized training, and the consensus distance that explains it.", "xibench");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("xibench ") + xib::build_info::version);
  std::vector<std::pair<CLI::App*, xib::Command>> commands;
  for (const auto& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.help);
    commands.emplace_back(command, row.add(*command));
  }
  if (argc > 1 && argv[1][0] != '-' && std::none_of(kCommands.begin(), kCommands.end(), [&](const Row& row) { return row.name == std::string(argv[1]); })) {
    std::fprintf(stderr, "xibench: '%s' is no command; xibench --help lists them\n", argv[1]);
    return static_cast<int>(xib::Fault::input);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);  // prints help to stdout, errors to stderr
    return status == 0 ? 0 : static_cast<int>(xib::Fault::input);
  }
  try {
    for (const auto& [command, run] : commands)
      if (command->parsed()) return run();
  } catch (const xib::Error& error) {
    std::fprintf(stderr, "xibench: %s\n", error.what());
    return static_cast<int>(error.fault());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "xibench: %s\n", error.what());
    return static_cast<int>(xib::Fault::work);
  }
  return static_cast<int>(xib::Fault::input);
}
