#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>

#include "harness/core/hash.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

// Feeds a hash so that no two different records give the same bytes: every item is preceded by its name, type and count.
class Feed {
 public:
  template <class T>
  void values(std::string_view name, std::vector<T> items) {
    begin(name, type_name<T>(), items.size());
    if constexpr (std::is_same_v<T, std::string>) {
      for (const auto& item : items) {
        number(item.size());
        hash_.update(item);
      }
    } else {
      if constexpr (std::is_floating_point_v<T>) {
        for (T& item : items) {
          if (std::isnan(item)) item = std::numeric_limits<T>::quiet_NaN();  // a NaN has many encodings and one meaning
        }
      }
      hash_.update(std::as_bytes(std::span<const T>(items)));
    }
  }
  void text(std::string_view name, const std::string& item) { values<std::string>(name, {item}); }
  std::string hex() { return hash_.hex(); }

 private:
  void number(std::uint64_t value) { hash_.update(std::as_bytes(std::span(&value, 1))); }
  void begin(std::string_view name, std::string_view type, std::size_t count) {
    number(name.size());
    hash_.update(name);
    hash_.update(type);
    number(count);
  }
  Sha256 hash_;
};

template <class Row, std::size_t N>
void feed_table(Feed& feed, std::string_view table, const Column<Row> (&columns)[N], const std::vector<Row>& rows) {
  for (const auto& column : columns) {
    if (!column.science) continue;
    with_member(column, [&](auto member, auto) { feed.values(fmt::format("/{}/{}", table, column.name), gather(rows, member)); });
  }
}

}  // namespace

std::string science_digest(const RunRecord& record) {
  Feed feed;
  feed.text("/config", record.config_json);
  feed.text("outcome", record.outcome);
  feed.text("final_model_sha256", record.final_model_sha256);
  feed.values<std::int64_t>("seed, nodes, classes", {record.seed, record.nodes, record.classes});
  for (const auto& number : kProblemNumbers) feed.values<double>(fmt::format("/problem@{}", number.name), {record.problem.*number.member});
  feed_table(feed, "phases", kPhaseColumns, record.phases);
  feed_table(feed, "steps", kStepColumns, record.steps);
  feed_table(feed, "evaluations", kEvaluationColumns, record.evaluations);
  for (const auto& row : record.evaluations) feed.values("/evaluations/test_accuracy_nodes", row.test_accuracy_nodes);
  for (const auto& column : kNodeColumns) feed.values(fmt::format("/nodes/{}", column.name), record.*column.member);
  for (const auto& topology : record.topologies) {
    feed.text("/topology@name", topology.name);
    feed.text("/topology@weights", topology.weights);
    feed.values<double>("/topology@p, lambda2, lambda_min", {topology.p, topology.lambda2, topology.lambda_min});
    feed.values<std::int64_t>("/topology@degree, period, seed", {topology.degree, topology.period, topology.seed});
    feed.values("/topology/W", topology.matrices);
  }
  feed.values("/partition/class_histogram", record.class_histogram);
  return feed.hex();
}

}  // namespace xib
