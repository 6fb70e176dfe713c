#include "harness/train/schedule.hpp"

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/core/term.hpp"

#include <cmath>
#include <numbers>

namespace xib {

LearningRate::LearningRate(std::string_view schedule, double peak, double warmup_epochs, double warmup_lr, std::int64_t epochs)
    : peak_(peak), warmup_epochs_(warmup_epochs), warmup_lr_(warmup_lr), epochs_(static_cast<double>(epochs)) {
  constexpr std::string_view key = "train.schedule";
  const Term term = Term::parse(schedule, key);
  Arguments arguments(term, key);
  if (term.name == "steps") {
    for (const double epoch : arguments.rest()) {
      require(epoch == std::floor(epoch) && epoch >= 1 && epoch < epochs_ && (drops_.empty() || epoch > static_cast<double>(drops_.back())), Key{key},
              "{}: drops are ascending whole epochs between 1 and {}", schedule, epochs - 1);
      drops_.push_back(static_cast<std::int64_t>(epoch));
    }
    require(!drops_.empty(), Key{key}, "steps needs the epochs at which the rate drops, such as steps(150, 225); for none write constant");
  } else if (term.name == "cosine") {
    cosine_ = true;
  } else {
    if (term.name != "constant") refuse_name(key, "schedule", term.name, {"constant", "steps(e1, e2, ...)", "cosine"});
  }
  arguments.done();
}

double LearningRate::at(double epoch) const {
  if (epoch < warmup_epochs_) return warmup_lr_ + (peak_ - warmup_lr_) * epoch / warmup_epochs_;
  if (cosine_) return peak_ * 0.5 * (1 + std::cos(std::numbers::pi * (epoch - warmup_epochs_) / (epochs_ - warmup_epochs_)));
  double rate = peak_;
  for (const auto drop : drops_)
    if (epoch >= static_cast<double>(drop)) rate /= 10;
  return rate;
}

}  // namespace xib
