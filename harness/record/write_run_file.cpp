#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/run_file.hpp"
#include "harness/record/write_topologies.hpp"

namespace xib {
namespace {

// A recorder that miscounts must not make a file that looks fine.
void check_sizes(const RunRecord& record) {  // EarlierRows are checked by their streams
  const auto expect = [](std::size_t have, std::size_t want, std::string_view what, bool may_be_empty) {
    if (have == want || (may_be_empty && have == 0)) return;
    throw Hdf5Failure(fmt::format("the record holds {} values of {}, expected {}", have, what, want));
  };
  const auto nodes = static_cast<std::size_t>(record.nodes), ranks = static_cast<std::size_t>(record.ranks), steps = record.steps.size();
  if (record.nodes < 1 || record.ranks < 1) throw Hdf5Failure("the record has no nodes or no ranks");
  if (record.metrics.empty()) throw Hdf5Failure("the record has no metric");
  for (const auto& column : kNodeColumns) expect((record.*column.member).size(), steps * nodes, column.name, true);
  for (const auto& column : kRankColumns) expect((record.*column.member).size(), steps * ranks, column.name, true);
  for (const auto& row : record.evaluations) expect(row.test_nodes.size(), nodes, "the nodes' models in an evaluation", true);
  for (const auto& topology : record.topologies) {
    expect(topology.matrices.size(), static_cast<std::size_t>(topology.period) * nodes * nodes, "the matrices of " + topology.name, true);
  }
  expect(record.class_histogram.size(), nodes * static_cast<std::size_t>(record.classes), "the class histogram", true);
  expect(record.topologies.size(), record.phases.size(), "topologies", true);
}

// Columns that are filled while the rows of steps pass by, some at a time.
class StepColumns {
 public:
  explicit StepColumns(Hdf5Writer& file) : file_(file) {}
  // values: of some rows, as a span or a vector.
  template <class T, class Values>
  void add(const std::string& path, const Shape& shape, const Labels& labels, Values&& values) {
    const auto stream = std::make_shared<Hdf5Stream<T>>(file_.stream<T>(path, shape, labels));
    feeds_.push_back([stream, values](const Rows& rows) { stream->append(values(rows)); });
    ends_.push_back([stream] { stream->finish(); });
  }
  void pass(const Rows& rows) {
    for (const auto& feed : feeds_) feed(rows);
  }
  void finish() {
    for (const auto& end : ends_) end();
  }

 private:
  Hdf5Writer& file_;
  std::vector<std::function<void(const Rows&)>> feeds_;
  std::vector<std::function<void()>> ends_;
};

template <class Row>
Labels labels_of(const Column<Row>& column) {
  return {column.units, column.description, column.science, column.part ? "wall_s" : ""};
}

// A column of that path is the scale itself.
void attach_rows(Hdf5Writer& file, const std::string& path, std::string_view name, const std::string& axis) {
  if (path == axis) {
    file.scale(path, std::string(name));
  } else {
    file.attach(path, 0, axis);
  }
}

// One dataset per column. `axis`: the dimension scale of the rows.
template <class Row, std::size_t N>
void write_table(Hdf5Writer& file, const std::string& group, const Column<Row> (&columns)[N], const std::vector<Row>& rows, const std::string& axis) {
  for (const auto& column : columns) {
    const std::string path = group + "/" + std::string(column.name);
    with_member(column, [&](auto member, auto) { file.dataset(path, gather(rows, member), {rows.size()}, labels_of(column)); });
    attach_rows(file, path, column.name, axis);
  }
}

void begin_steps(Hdf5Writer& file, StepColumns& columns, std::size_t steps) {
  for (const auto& column : kStepColumns) {
    const std::string path = "/steps/" + std::string(column.name);
    with_member(column, [&]<class T>(auto member, std::type_identity<T>) {
      if constexpr (!std::is_same_v<T, std::string>)
        columns.add<T>(path, {steps}, labels_of(column), [member](const Rows& rows) { return gather(rows.steps, member); });
    });
    attach_rows(file, path, column.name, "/steps/step");
  }
}

void plot_hints(Hdf5Writer& file, const std::string& group, std::string_view signal, std::string_view axis) {
  file.hint(group, "signal", signal);
  file.hint(group, "axes", axis);
}

// Values of a column of `rows` that has `width` values in each step of the file; rows of attempts with fewer ranks are filled up with NaN.
std::vector<float> widened(const Rows& rows, const std::vector<float>& values, std::size_t width) {
  const std::size_t steps = rows.steps.size(), has = steps == 0 ? width : values.size() / steps;
  std::vector<float> wide(steps * width, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t t = 0; t < steps; ++t)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(t * has), std::min(has, width), wide.begin() + static_cast<std::ptrdiff_t>(t * width));
  return wide;
}

template <std::size_t N>
void begin_wide(Hdf5Writer& file, StepColumns& streams, const std::string& group, const WideColumn (&columns)[N], const RunRecord& record, std::size_t steps,
                std::size_t width, const std::string& axis) {
  for (const auto& column : columns) {
    if ((record.*column.member).empty() && !record.steps.empty()) continue;  // not measured
    const std::string path = group + "/" + std::string(column.name);
    streams.add<float>(path, {steps, width}, {column.units, column.description, column.science}, [member = column.member, width](const Rows& rows) {
      const auto& values = rows.*member;
      return values.size() == rows.steps.size() * width ? values : widened(rows, values, width);
    });
    file.attach(path, 0, "/steps/step");
    file.attach(path, 1, axis);
  }
}

void write_root(Hdf5Writer& file, const RunRecord& record) {
  file.hint("/", "NX_class", "NXroot");
  file.hint("/", "default", "steps");
  file.hint("/", "software", "xibench");
  file.hint("/", "software_version", XB_VERSION);
  file.attribute("/", "schema", std::string(kSchema));
  file.attribute("/", "schema_version", kSchemaVersion);
  file.attribute("/", "status", std::string("complete"));
  file.attribute("/", "seed", record.seed);
  for (const auto& text : kRootTexts) file.attribute("/", std::string(text.name), text.get(record));
  file.text("/config", record.config_json, "the resolved configuration: JSON with sorted keys", kScience);
  file.text("/config_source", record.config_source, "the sweep file as given");
}

void write_evaluations(Hdf5Writer& file, const RunRecord& record) {
  file.group("/evaluations", "NXdata");
  const Metric& first = record.metrics.front();
  plot_hints(file, "/evaluations", test_column(first), "step");
  write_table(file, "/evaluations", kEvaluationColumns, record.evaluations, "/evaluations/step");
  for (const OwnColumn& column : own_columns(record.metrics)) {
    if (!is_measured(record, column)) continue;
    std::vector<double> values;
    for (const auto& row : record.evaluations) values.push_back(value_of(row, column.name));
    file.dataset("/evaluations/" + column.name, values, {values.size()}, {column.units, column.description, kScience});
    file.attach("/evaluations/" + column.name, 0, "/evaluations/step");
  }

  const auto nodes = static_cast<std::size_t>(record.nodes);
  const std::string path = "/evaluations/" + nodes_column(first),
                    meaning = first.description + " of every node's own model on the test set (NaN: not measured)";
  auto values = file.stream<double>(path, {record.evaluations.size(), nodes}, {first.unit, meaning, nodes_column(first) != nodes_column(mean_loss())});
  const std::vector<double> none(nodes, kNaN);
  for (const auto& row : record.evaluations) values.append(row.test_nodes.empty() ? none : row.test_nodes);
  values.finish();
  file.attach(path, 0, "/evaluations/step");
  file.attach(path, 1, "/nodes/node");
}

void write_problem(Hdf5Writer& file, const RunRecord& record) {
  const auto known = [&](const ProblemNumber& number) { return !std::isnan(record.problem.*number.member); };
  if (std::none_of(std::begin(kProblemNumbers), std::end(kProblemNumbers), known)) return;
  file.group("/problem", "NXcollection");
  for (const auto& number : kProblemNumbers) file.attribute("/problem", std::string(number.name), record.problem.*number.member);
}

void write_partition(Hdf5Writer& file, const RunRecord& record) {
  file.group("/partition", "NXcollection");
  const auto classes = static_cast<std::size_t>(record.classes);
  file.axis("/partition/class", classes, 0, "class of the data set");
  if (record.class_histogram.empty()) return;
  file.dataset("/partition/class_histogram", record.class_histogram, {static_cast<std::size_t>(record.nodes), classes},
               {"1", "samples of each class on each node (first epoch)", kScience});
  file.attach("/partition/class_histogram", 0, "/nodes/node");
  file.attach("/partition/class_histogram", 1, "/partition/class");
}

bool is_dataset_name(const std::string& name) {
  return name != "attempts" && std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::string_view description_of(const std::string& fact) {
  const auto known = std::find_if(std::begin(kLongFacts), std::end(kLongFacts), [&](const LongFact& entry) { return entry.name == fact; });
  return known == std::end(kLongFacts) ? kOtherFact : known->description;
}

void write_provenance(Hdf5Writer& file, const RunRecord& record) {
  file.group("/provenance", "NXcollection");
  const std::map<std::string, std::string> entries(record.provenance.begin(), record.provenance.end());
  for (const auto& [name, value] : entries) {
    const bool is_long = value.size() > kLongText || value.find('\n') != std::string::npos;
    if (is_long && is_dataset_name(name)) {
      file.text("/provenance/" + name, value, description_of(name));
    } else {
      file.attribute("/provenance", name, value);
    }
  }
  file.group("/provenance/attempts", "NXcollection");
  file.axis("/provenance/attempts/attempt", record.attempts.size(), 0, "attempt: a start of the program that worked on the run");
  write_table(file, "/provenance/attempts", kAttemptColumns, record.attempts, "/provenance/attempts/attempt");
}

// netCDF looks for the scale of an axis in the group of the dataset and in those above it, and the scales here serve sibling groups: each is in the root, too.
void link_scales(Hdf5Writer& file) {
  for (const auto& [name, path] : {std::pair("/step", "/steps/step"),
                                   {"/evaluation", "/evaluations/step"},
                                   {"/node", "/nodes/node"},
                                   {"/rank", "/ranks/rank"},
                                   {"/phase", "/phases/phase"},
                                   {"/class", "/partition/class"},
                                   {"/attempt", "/provenance/attempts/attempt"}})
    file.link(path, name);
}

void build(Hdf5Writer& file, const RunRecord& record, const EarlierRows& earlier, const StepTotals& totals) {
  const auto nodes = static_cast<std::size_t>(record.nodes), ranks = static_cast<std::size_t>(record.ranks);
  const std::size_t steps = static_cast<std::size_t>(earlier.steps) + record.steps.size();
  check_sizes(record);
  write_root(file, record);

  StepColumns rows(file);
  file.group("/steps", "NXdata");
  plot_hints(file, "/steps", "consensus_distance", "step");
  file.hint("/steps", "SILX_style", R"({"signal_scale_type": "log"})");  // H5Web and silx: the distance falls by orders of magnitude
  begin_steps(file, rows, steps);

  file.group("/nodes", "NXcollection");
  file.axis("/nodes/node", nodes, 0, "node");
  begin_wide(file, rows, "/nodes", kNodeColumns, record, steps, nodes, "/nodes/node");

  file.group("/ranks", "NXcollection");
  file.axis("/ranks/rank", ranks, 0, "rank (process)");
  begin_wide(file, rows, "/ranks", kRankColumns, record, steps, ranks, "/ranks/rank");

  if (earlier.each) earlier.each([&](const Rows& some) { rows.pass(some); });
  rows.pass(record);
  rows.finish();

  file.group("/phases", "NXcollection");
  file.axis("/phases/phase", record.phases.size(), 1, "phase, from 1");
  write_table(file, "/phases", kPhaseColumns, record.phases, "/phases/phase");

  file.group("/metrics", "NXcollection");
  file.axis("/metrics/metric", record.metrics.size(), 1, "metric of the run, from 1; gap tables compare the first");
  write_table(file, "/metrics", kMetricColumns, record.metrics, "/metrics/metric");
  write_evaluations(file, record);
  write_topologies(file, record);
  write_problem(file, record);
  write_partition(file, record);
  write_provenance(file, record);
  link_scales(file);

  file.group("/summary", "NXcollection");
  for_each_entry(summarize(record, totals), [&](const std::string& name, const auto& value) { file.attribute("/summary", name, value); });
  file.finish();
}

}  // namespace

void write_run_file(const std::string& path, const RunRecord& record, const Incarnation& by) { write_run_file(path, record, {}, StepTotals(record.steps), by); }

void write_run_file(const std::string& path, const RunRecord& record, const EarlierRows& earlier, const StepTotals& totals, const Incarnation& by) {
  const auto write = [&](int fd, const std::string& temporary) {
    int error = 0;
    try {
      Hdf5Writer file(fd, error);
      build(file, record, earlier, totals);
    } catch (const Hdf5Failure&) {
      if (error == 0) throw;
    }
    errno = error;
    if (error == 0) Hdf5Reader(temporary).verify();
    return error == 0;
  };
  try {
    replace_file_by(path, ".partial", write, by);
  } catch (const Hdf5Failure& failure) {
    fail("cannot write {}: {} (nothing was written; the checkpoint stays)", path, failure.what());
  }
}

}  // namespace xib
