// What the script tests need of this folder, without the rest of the program: `show ...` is the subcommand, `write FILE`
// writes the sample run, `write-varying FILE` the same with a graph of two rounds in phase 2.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/cli/commands.hpp"
#include "harness/core/check.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/sample_record.hpp"

int main(int argc, char** argv) {
  CLI::App app("run files for tests");
  app.require_subcommand(1);
  std::string path;
  auto* write = app.add_subcommand("write");
  write->add_option("FILE", path)->required();
  auto* write_varying = app.add_subcommand("write-varying");
  write_varying->add_option("FILE", path)->required();
  auto* show = app.add_subcommand("show");
  const xib::Command run = xib::add_show(*show);
  try {
    app.parse(argc, argv);
    if (show->parsed()) return run();
    xib::RunRecord record = xib::sample_record();
    if (write_varying->parsed()) {
      xib::TopologyRecord& topology = record.topologies[1];
      topology.period = 2;
      topology.matrices.resize(2 * topology.matrices.size(), topology.matrices[0]);
    }
    xib::write_run_file(path, record);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const xib::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.fault());
  }
}
