#include "harness/sweep/plan.hpp"

#include <algorithm>

#include "harness/sweep/expand.hpp"
#include "harness/sweep/problems.hpp"
#include "harness/sweep/references.hpp"
#include "harness/sweep/spec.hpp"

namespace xib {

Plan make_plan(const std::string& path, const std::vector<std::string>& sets, const Vocabulary& vocabulary) {
  Problems problems;
  const SweepSpec spec = read_spec(path, sets, vocabulary, problems);
  const Product product = expand(spec, vocabulary, problems);
  Plan plan{spec.sweep, {}};
  if (product.whole) problems.attempt([&] { plan.runs = link_references(spec, product, vocabulary, problems); });
  problems.throw_if_any();
  std::stable_sort(plan.runs.begin(), plan.runs.end(), [](const auto& a, const auto& b) { return a.stage < b.stage; });
  for (std::size_t k = 0; k < plan.runs.size(); ++k) plan.runs[k].index = static_cast<int>(k);
  return plan;
}

Plan make_plan(const std::string& path, const std::vector<std::string>& sets) { return make_plan(path, sets, Vocabulary()); }

}  // namespace xib
