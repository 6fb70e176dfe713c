#include "harness/job/spawn_run.hpp"

#include "harness/core/check.hpp"
#include "harness/core/process.hpp"

#include <spawn.h>

#include <algorithm>
#include <cstring>

extern char** environ;

namespace xib {

std::vector<std::string> without_options(const std::vector<std::string>& words, const std::vector<DriversOption>& options) {
  std::vector<std::string> kept;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const DriversOption& each) { return words[k] == each.name || words[k].starts_with(each.name + "="); });
    if (option == options.end())
      kept.push_back(words[k]);
    else if (option->takes_value && words[k] == option->name)
      ++k;  // its value is the next word
  }
  return kept;
}

pid_t spawn_run(const PlannedRun& run, const Spawned& how, const std::vector<DriversOption>& drivers_own) {
  std::vector<std::string> words = without_options(own_arguments(), drivers_own);
  if (how.gpu >= 0) {
    words = without_options(words, {{"--device"}});
    words.push_back(fmt::format("--device=cuda:{}", how.gpu));
  }
  if (how.again) words = without_options(words, {{"--no-resume", false}});
  for (const auto& set : how.sets) words.push_back("--set=" + set);
  words.insert(words.end(), {fmt::format("--id={}", run.id), fmt::format("--threads={}", how.threads), "--progress=none", "--no-summary"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int problem = posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (problem != 0) fail("cannot start a process for run {}: {}", run.id, std::strerror(problem));
  return pid;
}

}  // namespace xib
