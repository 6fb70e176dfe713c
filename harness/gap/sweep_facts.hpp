#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace xib {

// What the comparison needs to know of a sweep, read from the sweep file's text, which every run file holds in /config_source. So a
// folder of run files is enough to make its table again, years after the sweep file was edited.
struct SweepFacts {
  struct Contrast {  // a [[contrast]]: two variants to compare, neither of them the baseline
    std::string arm, against;
    bool operator==(const Contrast&) const = default;
  };
  std::string name, baseline;
  double delta = 0;        // points; 0: not declared
  std::string delta_from;  // where it comes from if not from the sweep, and what that declares
  std::vector<std::int64_t> seeds;
  std::vector<std::string> variants;                          // in the order of the file
  std::vector<std::string> axes;                              // dotted keys of [sweep], in the order of the file
  std::map<std::string, std::set<std::string>> variant_sets;  // variant -> dotted keys that it sets itself
  // control.otherwise, the policy outside of control.in_phase: of an override, of the variants that set it, and what the file or its axis says.
  std::string otherwise_override;
  std::map<std::string, std::string> variant_otherwise;
  std::vector<std::string> otherwise = {"exact"};
  std::vector<Contrast> contrasts;  // left to the caller: harness/sweep/contrasts.hpp reads and checks them
};

// `where` goes into the error. Throws Error(input) when the text is no TOML or a field has another type; whether the sweep is a good
// one was checked when it was planned.
SweepFacts read_sweep_facts(const std::string& source, const std::string& where);

}  // namespace xib
