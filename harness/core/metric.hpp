#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace xib {

inline constexpr const char* kHigher = "higher";
inline constexpr const char* kLower = "lower";

// Number that says how good a model is on a split of the data. A task lists its metrics; gaps are about the first. Every run file lists those of its run, so
// tables and figures need no list of metrics.
struct Metric {
  std::string name;              // letters, digits and _: columns of the run file are called test_<name>_mean_model
  std::string unit;              // UDUNITS spelling: percent; 1: dimensionless
  std::string better = kHigher;  // kHigher or kLower
  std::string description;       // as in "<description> of the averaged model on the test set"
  bool operator==(const Metric&) const = default;

  bool higher_is_better() const { return better == kHigher; }
  std::string label() const {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
  }
  std::string symbol() const { return unit == "percent" ? "%" : unit == "1" ? "" : unit; }  // of values
  std::string points() const { return unit == "percent" ? "points" : symbol(); }            // of differences
  std::string shown(double value) const { return with_unit(unit == "percent" ? fmt::format("{:.2f}", value) : fmt::format("{:.4g}", value), symbol()); }
  static std::string with_unit(const std::string& number, const std::string& symbol) { return symbol.empty() ? number : number + " " + symbol; }
  double worse(double a, double b) const { return (a < b) == higher_is_better() ? a : b; }
};

inline Metric top1_accuracy() { return {"accuracy", "percent", kHigher, "top-1 accuracy"}; }
// Loss, which every task has, because it shows that a run diverges.
inline Metric mean_loss() { return {"loss", "1", kLower, "loss"}; }

}  // namespace xib
