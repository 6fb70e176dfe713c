#include "harness/cli/until_decided.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"

namespace xib {

HoursLeft::HoursLeft(std::optional<double> hours) {
  if (!hours) return;
  thread_ = std::jthread([this, seconds = std::chrono::duration<double>(3600 * *hours)](std::stop_token stop) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, seconds, [] { return false; });
    if (stop.stop_requested()) return;
    spent_ = true;
    kill(getpid(), SIGUSR1);
  });
}

int until_decided(const std::function<NextLook()>& next, const std::function<Tally(const NextLook&)>& work, const HoursLeft& hours, bool speaks) {
  std::vector<std::string> missing;  // before the last work
  for (;;) {
    const NextLook look = next();
    if (speaks) notify("xibench: {}\n", next_look_text(look));
    if (look.state != NextLook::State::runs) return look.diverged > 0 ? static_cast<int>(Fault::work) : 0;
    if (look.missing == missing)
      throw Error(Fault::work,
                  fmt::format("{} runs of this look count as done, but their results cannot be used, as said above, among them {}: move these files away",
                              missing.size(), missing.front()));
    missing = look.missing;
    const Tally tally = work(look);
    const int status = report(tally, look.ids.size(), speaks);
    if (tally.interrupted > 0 && hours.spent() && speaks) notify("xibench: the hours of --max-hours are spent: run again to go on\n");
    if (tally.interrupted > 0 || tally.failed > 0 || tally.elsewhere > 0) return status;
  }
}

}  // namespace xib
