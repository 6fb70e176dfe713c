#include "harness/job/portable_kernels.hpp"

#include "harness/core/check.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace xib {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> kKernels = {
    {{"ATEN_CPU_CAPABILITY", "avx2"}, {"DNNL_MAX_CPU_ISA", "AVX2"}, {"OPENBLAS_CORETYPE", "Haswell"}}};

// A signal that comes while the program begins anew waits for the handler there.
void hold_stop_signals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, number);
  sigprocmask(how, &signals, nullptr);
}

}  // namespace

void use_portable_kernels() {
#ifdef XB_PORTABLE_KERNELS
  bool missing = false;
  for (const auto& [name, value] : kKernels) {
    missing |= std::getenv(name) == nullptr;
    setenv(name, value, 0);
  }
  if (!missing) {
    prctl(PR_SET_NAME, program_invocation_short_name);  // ps would call it exe
    return hold_stop_signals(SIG_UNBLOCK);
  }
  std::ifstream in("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  hold_stop_signals(SIG_BLOCK);
  execv("/proc/self/exe", arguments.data());
  fail(
      "cannot begin anew with the same kernels on all CPUs: {}: set ATEN_CPU_CAPABILITY=avx2 DNNL_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell, or build "
      "with -DXB_MARCH=native",
      std::strerror(errno));
#endif
}

}  // namespace xib
