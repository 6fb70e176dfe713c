#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/cli/commands.hpp"

namespace xib {

// What a command writes to stdout. `arguments` as in a shell, without quotes.
inline std::string output_of(Command (*add)(CLI::App&), const std::string& directory, const std::string& arguments) {
  CLI::App app;
  const Command run = add(app);
  app.parse(arguments);
  const std::string path = directory + "/stdout";
  std::fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  if (!std::freopen(path.c_str(), "w", stdout)) return "stdout cannot be redirected";
  const auto restore = [&] {
    std::fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
  };
  try {
    run();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace xib
