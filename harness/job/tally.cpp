#include "harness/job/tally.hpp"

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"

namespace xib {

void Tally::add(Outcome outcome) {
  last = outcome;
  if (outcome.standing == Standing::finished) ++(outcome.before ? complete_before : finished);
  diverged += outcome.standing == Standing::diverged;
  interrupted += outcome.standing == Standing::interrupted;
  elsewhere += outcome.standing == Standing::elsewhere;
}

void Tally::add(const Tally& more) {
  for (const auto count :
       {&Tally::finished, &Tally::complete_before, &Tally::diverged, &Tally::interrupted, &Tally::elsewhere, &Tally::failed, &Tally::refused})
    this->*count += more.*count;
  last = more.last;
}

void Tally::add_failure(bool bad_input) {
  ++failed;
  refused += bad_input;
}

int report(const Tally& tally, std::size_t runs, bool print) {
  if (print) {
    std::string text = fmt::format("{} run{}: {} done now, {} complete before", runs, runs == 1 ? "" : "s", tally.finished, tally.complete_before);
    if (tally.elsewhere) text += fmt::format(", {} left to another process", tally.elsewhere);
    if (tally.diverged) text += fmt::format(", {} diverged (recorded as such)", tally.diverged);
    if (tally.failed) text += fmt::format(", {} failed", tally.failed);
    if (tally.interrupted) text += ", interrupted: run again to go on";
    notify("xibench: {}\n", text);
  }
  if (tally.interrupted) return static_cast<int>(Fault::interrupted);
  if (tally.failed > 0 && tally.failed == tally.refused) return static_cast<int>(Fault::input);
  return tally.failed || tally.diverged || tally.elsewhere ? static_cast<int>(Fault::work) : 0;
}

std::string label(const PlannedRun& run) {
  std::string text = run.variants.empty() || run.variants.front().empty() ? "" : run.variants.front() + ", ";
  for (const auto& [key, value] : run.varies) text += fmt::format("{} = {}, ", key, value);
  return text + fmt::format("seed {}", run.config.seed);
}

void say_retry(const PlannedRun& run, int retry, int retries) {
  notify("xibench: run {} ({}) is tried again ({} of {})\n", run.id, label(run), retry, retries);
}

}  // namespace xib
