#include "harness/record/validate.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

class Checker {
 public:
  Checker(const Hdf5Reader& file, const RunRecord& record) : file_(file), record_(record) {}
  std::vector<std::string> problems;

  void expect(bool ok, std::string problem) {
    if (!ok) problems.push_back(std::move(problem));
  }

  template <class Row, std::size_t N>
  void table(const std::string& group, const Column<Row> (&columns)[N], const std::vector<Row>& rows) {
    for (const auto& column : columns) {
      const std::string path = group + "/" + std::string(column.name);
      if (!file_.has(path)) continue;  // optional, else it could not have been read
      for (const char* label : {"units", "description"}) expect(file_.has_attribute(path, label), path + " has no attribute " + label);
      with_member(column, [&]<class T>(auto member, std::type_identity<T>) {
        if constexpr (!std::is_same_v<T, std::string>) values(path, column.allowed, gather(rows, member));
      });
    }
  }

  void steps() {
    std::int32_t phase = 1;
    const auto phases = static_cast<std::int32_t>(record_.phases.size());
    for (std::size_t t = 0; t < record_.steps.size(); ++t) {
      const StepRow& row = record_.steps[t];
      double parts = 0;
      for_each_part([&](const auto&, double StepRow::*seconds) { parts += row.*seconds; });
      const bool in_order = row.step == static_cast<std::int64_t>(t), grows = row.phase >= phase && row.phase <= phases;
      const bool adds_up = std::abs(parts - row.wall_s) <= 1e-6 + 1e-6 * row.wall_s;  // sums of 7 doubles; clocks tick in ns
      expect(in_order, fmt::format("/steps/step[{}] is {}: steps must be 0, 1, 2, ...", t, row.step));
      expect(grows, fmt::format("/steps/phase[{}] is {} after {}, of {} phases", t, row.phase, phase, phases));
      expect(adds_up, fmt::format("/steps/wall_s[{}] is {}, but its parts add up to {}", t, row.wall_s, parts));
      expect(std::isfinite(row.train_loss) || record_.outcome == Standing::diverged,
             fmt::format("/steps/train_loss[{}] is {} in a run that did not diverge", t, row.train_loss));
      const bool within = !(row.decision_bytes_sent > static_cast<double>(row.gauge_bytes_sent));  // NaN: not known
      expect(within,
             fmt::format("/steps/decision_bytes_sent[{}] is {}, more than the {} bytes of all measurements", t, row.decision_bytes_sent, row.gauge_bytes_sent));
      if (!in_order || !grows || !adds_up || !within) return;  // the first is enough
      phase = row.phase;
    }
  }

  void targets() {
    for (std::size_t k = 0; k < record_.phases.size(); ++k) {
      const PhaseRow& row = record_.phases[k];  // NaN: not known
      expect(!(row.target_min > row.target) && !(row.target_min > row.target_first),
             fmt::format("/phases/target_min[{}] is {}, more than the first target, {}, or the last, {}", k, row.target_min, row.target_first, row.target));
    }
  }

  // Checks the column sums of matrices for push-sum, whose rows need not sum to 1.
  void columns(const std::vector<double>& w, std::size_t n, std::size_t topology) {
    for (std::size_t matrix = 0; matrix < w.size() / (n * n); ++matrix)
      for (std::size_t column = 0; column < n; ++column) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += w[(matrix * n + i) * n + column];
        if (std::abs(sum - 1) <= 2 * static_cast<double>(n) * 0x1p-53 + 1e-12) continue;
        problems.push_back(fmt::format("/topology/{}/W: column {} sums to {}, not 1", topology + 1, column, sum));
        return;
      }
  }

  void topologies() {
    const auto n = static_cast<std::size_t>(record_.nodes);
    for (std::size_t k = 0; k < record_.topologies.size(); ++k) {
      const auto& w = record_.topologies[k].matrices;
      if (record_.topologies[k].weights == "push-sum") {
        columns(w, n, k);
        continue;
      }
      for (std::size_t row = 0; row < w.size() / n; ++row) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += w[row * n + j];
        // Each of at most n weights is rounded by at most 2^-53, and so is each partial sum.
        if (std::abs(sum - 1) <= 2 * static_cast<double>(n) * 0x1p-53 + 1e-12) continue;
        problems.push_back(fmt::format("/topology/{}/W: row {} sums to {}, not 1", k + 1, row % n, sum));
        break;
      }
    }
    for (const auto count : record_.class_histogram) {
      if (count >= 0) continue;
      problems.emplace_back("/partition/class_histogram holds a negative count");
      break;
    }
  }

  void summary(const std::string& path) {
    Summary expected = summarize(record_);
    const RunHeader header = read_run_header(path);
    std::vector<double> stored;
    for_each_entry(header.summary, [&](const std::string&, const auto& value) { stored.push_back(static_cast<double>(value)); });
    std::size_t k = 0;
    for_each_entry(expected, [&](const std::string& name, const auto& value) {
      const double computed = static_cast<double>(value), found = stored[k++];
      if (!file_.has_attribute("/summary", name)) return;  // older than this entry
      expect(computed == found || (std::isnan(computed) && std::isnan(found)), fmt::format("/summary@{} is {}, the rows give {}", name, found, computed));
    });
  }

 private:
  template <class T>
  void values(const std::string& path, const Allowed& allowed, const std::vector<T>& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto value = static_cast<double>(items[i]);
      const bool excused = record_.outcome == Standing::diverged && !std::isfinite(value);
      if (excused || allowed.holds(value)) continue;
      problems.push_back(fmt::format("{}[{}] is {}, allowed is {}", path, i, value, allowed.text()));
      return;
    }
  }
  const Hdf5Reader& file_;
  const RunRecord& record_;
};

}  // namespace

Validation validate_run_file(const std::string& path) {
  const RunRecord record = read_run_file_narrowly(path);
  try {
    const Hdf5Reader file(path);
    Checker checker(file, record);
    Validation validation;
    validation.compared = file.verify();
    checker.expect(validation.compared > 0, "/manifest is missing: texts and attributes cannot be checked");
    checker.expect(file.has_attribute("/", "status") && file.attribute<std::string>("/", "status") == "complete", "/@status is not 'complete'");
    checker.table("/steps", kStepColumns, record.steps);
    checker.table("/evaluations", kEvaluationColumns, record.evaluations);
    checker.table("/metrics", kMetricColumns, record.metrics);
    checker.table("/phases", kPhaseColumns, record.phases);
    checker.targets();
    checker.table("/provenance/attempts", kAttemptColumns, record.attempts);
    checker.steps();
    checker.topologies();
    checker.summary(path);
    for (const auto& [name, value] : record.provenance)
      if (!is_utf8(value)) validation.odd.push_back(fmt::format("/provenance/{} holds bytes that are no UTF-8, as earlier versions wrote them", name));
    validation.problems = std::move(checker.problems);
    return validation;
  } catch (const Hdf5Failure& failure) {
    check_not_in_use(path, failure.what());
    return {0, {fmt::format("damaged: {}", failure.what())}, {}};
  }
}

}  // namespace xib
