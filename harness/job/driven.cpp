#include "harness/job/driven.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

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
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (fmt::format("{}", getppid()) != driver) raise(SIGTERM);  // it died before the line above
  return true;
}

int status_for_driver(Executed how) { return kFirstStatus + static_cast<int>(how); }

std::optional<Executed> told_to_driver(int exit_status) {
  for (const Executed how : {Executed::was_complete, Executed::finished, Executed::diverged, Executed::interrupted, Executed::elsewhere})
    if (status_for_driver(how) == exit_status) return how;
  return std::nullopt;
}

}  // namespace xib
