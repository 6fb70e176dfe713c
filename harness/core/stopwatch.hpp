#pragma once

#include <array>
#include <functional>

namespace xib {

enum class Part { data, compute, update, mix, gauge, record, wait };
inline constexpr int kParts = 7;

// Time since the start, split into parts without gaps: lap() adds the time since the last call to the named part. Seconds in between in which the communicator
// waited go to Part::wait instead.
class Stopwatch {
 public:
  Stopwatch(std::function<double()> now, std::function<double()> waited) : now_(std::move(now)), waited_(std::move(waited)) { restart(); }
  void restart() {
    seconds_.fill(0);
    last_ = now_();
    last_wait_ = waited_();
  }
  void lap(Part part) {
    const double now = now_(), waited = waited_();
    add(part, now - last_ - (waited - last_wait_));
    add(Part::wait, waited - last_wait_);
    last_ = now;
    last_wait_ = waited;
  }
  // Moves seconds from one part to another, for code that knows the split better than the laps.
  void move(Part from, Part to, double seconds) {
    add(from, -seconds);
    add(to, seconds);
  }
  double now() const { return now_(); }
  double seconds(Part part) const { return seconds_[static_cast<std::size_t>(part)]; }
  double total() const {
    double sum = 0;
    for (const double s : seconds_) sum += s;
    return sum;
  }

 private:
  void add(Part part, double seconds) { seconds_[static_cast<std::size_t>(part)] += seconds; }
  std::function<double()> now_, waited_;
  std::array<double, kParts> seconds_{};
  double last_ = 0, last_wait_ = 0;
};

}  // namespace xib
