#pragma once

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "harness/record/columns.hpp"

namespace xib {

// Steps that took more than twice the median of comparable steps, without record_s. Comparable are at least five steps of the same attempt, phase,
// communication and number of gossip rounds, without warm-up, evaluation or checkpoint. It keeps the seconds of each such step, and no row.
class Stragglers {
 public:
  void add(const StepRow& row);
  // Seconds above which a step is a straggler, once all steps were added.
  class Limits {
   public:
    void mark(std::span<StepRow> rows) const;  // sets flag_straggler on stragglers, and clears it on all others

   private:
    friend class Stragglers;
    std::map<std::tuple<int, int, int, int>, double> seconds_;
  };
  Limits limits() const;

 private:
  std::map<std::tuple<int, int, int, int>, std::vector<double>> alike_;
};

void mark_stragglers(std::vector<StepRow>& steps);  // where they are all in memory

}  // namespace xib
