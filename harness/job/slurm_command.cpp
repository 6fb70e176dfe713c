#include "harness/job/slurm_command.hpp"

#include "harness/core/notify.hpp"
#include "harness/core/process.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include <unistd.h>

namespace xib {
namespace {

constexpr std::array<std::string_view, 7> kPrefixes = {"SLURM_", "SBATCH_", "SRUN_", "SALLOC_", "SQUEUE_", "SACCT_", "SCONTROL_"};
constexpr std::string_view kStatus = "\nexit status ";

// "env -u NAME -u NAME": what a shell can name; Slurm reads no other names.
std::string without_variables() {
  std::string words = "env";
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view name = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
    if (name == "SLURM_CONF" || name == "SLURM_CLUSTERS") continue;
    if (std::none_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) { return name.starts_with(prefix); })) continue;
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; })) words += fmt::format(" -u {}", name);
  }
  return words;
}

}  // namespace

SlurmAnswer ask_slurm(const std::string& command, int seconds) {
  // Its input is nobody's: squeue must not read what is meant for the program.
  std::string text =
      output_of(fmt::format("{{ {} timeout --kill-after=2 {} {}; printf '\\nexit status %s' $?; }} 2>&1 </dev/null", without_variables(), seconds, command));
  const auto at = text.rfind(kStatus);
  if (at == std::string::npos) return {};
  const std::string status = text.substr(at + kStatus.size());
  if (status == "124" || status == "137") {  // timeout's, at its first and its second signal
    static std::set<std::string> named;
    const std::string program = command.substr(0, command.find(' '));
    if (named.insert(program).second) notify("xibench: {} did not answer within {} s and was killed: the state of Slurm's jobs is unknown\n", program, seconds);
  }
  return {text.substr(0, at), status == "0"};
}

}  // namespace xib
