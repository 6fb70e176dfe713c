#include "harness/job/progress.hpp"

#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/text.hpp"

#include <unistd.h>

#include <chrono>
#include <cmath>

namespace xib {
namespace {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

constexpr double kPlainInterval = 10;  // seconds between lines of the plain style

void print_line(ProgressStyle style, const std::string& text, bool lasting) {
  if (style == ProgressStyle::terminal)
    to_stderr(fmt::format("\r\x1b[2K{}{}", printable(text), lasting ? "\n" : ""));
  else
    notify("{}\n", text);
}

}  // namespace

ProgressStyle progress_style(const std::string& name) {
  if (name == "auto") return isatty(STDERR_FILENO) ? ProgressStyle::terminal : ProgressStyle::none;
  if (name == "none") return ProgressStyle::none;
  if (name == "plain") return ProgressStyle::plain;
  require(name == "terminal", Key{"--progress"}, "'{}' must be auto, terminal, plain or none", name);
  return ProgressStyle::terminal;
}

void ProgressLine::print(const std::string& text, bool lasting) {
  if (style_ != ProgressStyle::none) print_line(style_, text, lasting);
}

void ProgressLine::begin(const std::string& run_label) {
  ++run_;
  label_ = run_label;
  begun_ = last_print_ = seconds_now();
  if (style_ == ProgressStyle::terminal) print(fmt::format("[{}/{}] {}: starting", run_, runs_, label_), false);
}

void ProgressLine::update(const Session::Progress& p) {
  const double now = seconds_now();
  if (style_ == ProgressStyle::plain && now - last_print_ < kPlainInterval) return;
  last_print_ = now;
  const double this_run = now - begun_ + p.eta_s;
  const double per_run = (finished_seconds_ + this_run) / run_;
  const std::string distance = std::isnan(p.distance) ? "" : fmt::format(", Ξ {:.3g}", p.distance);
  const std::string all = runs_ > 1 ? fmt::format(", all runs {}", duration(p.eta_s + per_run * (runs_ - run_))) : "";
  print(fmt::format("[{}/{}] {}: step {}/{}, loss {:.3f}{}, {:.0f} samples/s, left {}{}", run_, runs_, label_, p.step, p.steps, p.loss, distance,
                    p.samples_per_s, duration(p.eta_s), all),
        false);
}

void ProgressLine::end(const std::string& how) {
  const double took = seconds_now() - begun_;
  finished_seconds_ += took;
  print(fmt::format("[{}/{}] {}: {} ({})", run_, runs_, label_, how, duration(took)), true);
}

SideBySideProgress::SideBySideProgress(ProgressStyle style, int runs) : style_(style), runs_(runs), begun_(seconds_now()), last_print_(begun_) {}

bool SideBySideProgress::is_due() const {
  return style_ != ProgressStyle::none && seconds_now() - last_print_ >= (style_ == ProgressStyle::plain ? kPlainInterval : 1.0);
}

void SideBySideProgress::tell(const std::vector<Running>& running) {
  last_print_ = seconds_now();
  std::string text = fmt::format("{} of {} ended", ended_, runs_);
  for (const auto& run : running) text += fmt::format("; {}: step {}/{}, left {}", run.label, run.step, run.steps, duration(run.eta_s));
  if (ended_ > 0) text += fmt::format("; all runs {}", duration((last_print_ - begun_) / ended_ * (runs_ - ended_)));
  print_line(style_, text, false);
}

void SideBySideProgress::ended(const std::string& how) {
  ++ended_;
  print_line(style_, fmt::format("xibench: [{}/{}] {}", ended_, runs_, how), true);
}

}  // namespace xib
