#include "harness/job/driven.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

namespace xib {
namespace {

constexpr const char* kVariable = "XB_DRIVER";  // its process id; XIBENCH_ is for keys of the sweep file
constexpr int kFirstStatus = 100;

}  // namespace

void become_driver() { setenv(kVariable, fmt::format("{}", getpid()).c_str(), 1); }

bool follow_driver() {
  const char* variable = std::getenv(kVariable);
  if (!variable) return false;
  const std::string driver = variable;
  unsetenv(kVariable);
  prctl(PR_SET_NAME, program_invocation_short_name);  // ps would call it exe
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (fmt::format("{}", getppid()) != driver) raise(SIGTERM);  // it died before the line above
  return true;
}

int status_for_driver(Outcome outcome) { return kFirstStatus + 2 * static_cast<int>(outcome.standing) + outcome.before; }

std::optional<Outcome> outcome_from_exit_status(int exit_status) {
  for (const Standing standing : {Standing::finished, Standing::diverged, Standing::interrupted, Standing::elsewhere})
    for (const bool before : {false, true})
      if (const Outcome outcome{standing, before}; status_for_driver(outcome) == exit_status) return outcome;
  return std::nullopt;
}

}  // namespace xib
