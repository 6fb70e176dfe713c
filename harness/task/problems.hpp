#pragma once

#include "harness/core/term.hpp"
#include "harness/task/task.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace xib {

// Constructed problems: they read no data, need no LibTorch, and know constants of the theory (L always).
struct ProblemInfo {
  std::string_view name, arguments, help;
  void (*check)(const Term& term, int nodes, std::int64_t batch_size);  // throws Error(input) without building anything
  std::unique_ptr<Task> (*make)(const Term& term, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed);
  double (*training_samples)(const Term& term, int nodes, std::int64_t batch_size);
  struct Size {
    std::size_t dim = 0;
    double bytes = 0;  // on every rank, an upper bound: the constants of all nodes
  };
  Size (*size)(const Term& term, int nodes, std::int64_t batch_size);  // without building anything
};
std::span<const ProblemInfo> problems();                 // the one table
const ProblemInfo* find_problem(std::string_view name);  // nullptr: none of that name

}  // namespace xib
