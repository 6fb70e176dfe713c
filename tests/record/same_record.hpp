#pragma once

#include <catch2/catch.hpp>

#include "harness/record/layout.hpp"

namespace xib {

// Equal to the bit, except that all NaN are alike.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else {
    return a == b;
  }
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}
template <class Row, std::size_t N>
void check_same_table(const Column<Row> (&columns)[N], const std::vector<Row>& a, const std::vector<Row>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& column : columns) {
    INFO("column " << column.name);
    with_member(column, [&](auto member, auto) { CHECK(same(gather(a, member), gather(b, member))); });
  }
}
inline void check_same(const RunRecord& a, const RunRecord& b) {
  CHECK(a.run_id == b.run_id);
  CHECK(a.name == b.name);
  CHECK(a.variant == b.variant);
  CHECK(a.outcome == b.outcome);
  CHECK(a.final_model_sha256 == b.final_model_sha256);
  CHECK(a.seed == b.seed);
  CHECK(a.nodes == b.nodes);
  CHECK(a.classes == b.classes);
  CHECK(a.ranks == b.ranks);
  CHECK(a.config_json == b.config_json);
  CHECK(a.config_source == b.config_source);
  CHECK(a.metrics == b.metrics);
  CHECK(a.class_histogram == b.class_histogram);
  CHECK(a.provenance == b.provenance);
  for (const auto& number : kProblemNumbers) CHECK(same(a.problem.*number.member, b.problem.*number.member));
  check_same_table(kStepColumns, a.steps, b.steps);
  check_same_table(kPhaseColumns, a.phases, b.phases);
  check_same_table(kEvaluationColumns, a.evaluations, b.evaluations);
  check_same_table(kAttemptColumns, a.attempts, b.attempts);
  for (std::size_t e = 0; e < a.evaluations.size(); ++e) {
    CHECK(same(a.evaluations[e].test_nodes, b.evaluations[e].test_nodes));
  }
  for (const auto& column : kNodeColumns) CHECK(same(a.*column.member, b.*column.member));
  for (const auto& column : kRankColumns) CHECK(same(a.*column.member, b.*column.member));
  REQUIRE(a.topologies.size() == b.topologies.size());
  for (std::size_t k = 0; k < a.topologies.size(); ++k) {
    const TopologyRecord &x = a.topologies[k], &y = b.topologies[k];
    CHECK(x.name == y.name);
    CHECK(x.weights == y.weights);
    CHECK(same(std::vector{x.p, x.lambda2, x.lambda_min, x.contraction}, std::vector{y.p, y.lambda2, y.lambda_min, y.contraction}));
    CHECK(x.contraction_rounds == y.contraction_rounds);
    CHECK(x.degree == y.degree);
    CHECK(x.period == y.period);
    CHECK(x.seed == y.seed);
    CHECK(same(x.matrices, y.matrices));
  }
}

}  // namespace xib
