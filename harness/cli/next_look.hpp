#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/plan.hpp"

namespace xib {

// What a sweep has to do until all its verdicts and contrasts are decided.
struct Sought {
  std::string spec, out;
  std::vector<std::string> sets, kept;    // as for run
  std::optional<std::int64_t> max_seeds;  // looks at more seeds are not taken
};

// Where such a sweep stands: a function of its results alone, so that whoever asks, on whatever machine and after whatever interruption, gets one answer.
struct NextLook {
  enum class State {
    runs,     // a look lacks results: `ids` are its runs
    decided,  // at `look`
    open      // after `look`, which is the last one planned or allowed
  } state = State::runs;
  int look = 0, looks = 0;                      // from 1
  std::vector<std::int64_t> seeds;              // that the look is at
  std::vector<std::string> sets;                // to be added to those of `Sought`: the seeds of the look, and the plan of looks
  std::vector<std::string> ids, missing, open;  // runs of the look, references included; those without a result; comparisons without a word
  int diverged = 0;                             // comparisons that can have no word
};

// Throws Error(input) where the sweep asks for nothing that could be decided, or where results were made for other looks.
NextLook next_look(const Sought& sought);

std::string next_look_json(const NextLook& next);
NextLook next_look_of(const std::string& json);    // back
std::string next_look_text(const NextLook& next);  // one line

}  // namespace xib
