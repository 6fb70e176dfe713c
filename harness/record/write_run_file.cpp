#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

std::vector<std::int32_t> count_up(std::size_t count, std::int32_t first = 0) {
  std::vector<std::int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

// A recorder that miscounts must not make a file that looks fine.
void check_sizes(const RunRecord& record) {
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

// One dataset per column. `axis`: the dimension scale of the rows; a column of that path is the scale itself.
template <class Row, std::size_t N>
void write_table(Hdf5Writer& file, const std::string& group, const Column<Row> (&columns)[N], const std::vector<Row>& rows, const std::string& axis) {
  for (const auto& column : columns) {
    const std::string path = group + "/" + std::string(column.name);
    const Labels labels{column.units, column.description, column.science, column.part ? "wall_s" : ""};
    with_member(column, [&](auto member, auto) { file.dataset(path, gather(rows, member), {rows.size()}, labels); });
    if (path == axis) {
      file.scale(path, std::string(column.name));
    } else {
      file.attach(path, 0, axis);
    }
  }
}

void write_axis(Hdf5Writer& file, const std::string& path, std::size_t count, std::int32_t first, std::string_view description) {
  file.dataset(path, count_up(count, first), {count}, {"1", description});
  file.scale(path, path.substr(path.rfind('/') + 1));
}

void plot_hints(Hdf5Writer& file, const std::string& group, std::string_view signal, std::string_view axis) {
  file.hint(group, "signal", signal);
  file.hint(group, "axes", axis);
}

template <std::size_t N>
void write_wide(Hdf5Writer& file, const std::string& group, const WideColumn (&columns)[N], const RunRecord& record, std::size_t width,
                const std::string& axis) {
  for (const auto& column : columns) {
    const auto& values = record.*column.member;
    if (values.empty() && !record.steps.empty()) continue;  // not measured
    const std::string path = group + "/" + std::string(column.name);
    file.dataset(path, values, {record.steps.size(), width}, {column.units, column.description, column.science});
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
  std::vector<double> values;
  for (const auto& row : record.evaluations) {
    if (row.test_nodes.empty()) values.resize(values.size() + nodes, kNaN);
    values.insert(values.end(), row.test_nodes.begin(), row.test_nodes.end());
  }
  const std::string path = "/evaluations/" + nodes_column(first);
  file.dataset(
      path, values, {record.evaluations.size(), nodes},
      {first.unit, first.description + " of every node's own model on the test set (NaN: not measured)", nodes_column(first) != nodes_column(mean_loss())});
  file.attach(path, 0, "/evaluations/step");
  file.attach(path, 1, "/nodes/node");
}

void write_csr(Hdf5Writer& file, const std::string& path, const TopologyRecord& topology, std::size_t nodes, const std::string& rounds) {
  std::vector<std::int64_t> indptr;
  std::vector<std::int32_t> indices;
  std::vector<double> weights;
  for (std::size_t row = 0; row < topology.matrices.size() / nodes; ++row) {
    if (row % nodes == 0) indptr.push_back(static_cast<std::int64_t>(indices.size()));
    for (std::size_t column = 0; column < nodes; ++column) {
      if (const double weight = topology.matrices[row * nodes + column]; weight != 0) {
        indices.push_back(static_cast<std::int32_t>(column));
        weights.push_back(weight);
      }
    }
    indptr.push_back(static_cast<std::int64_t>(indices.size()));
  }
  file.group(path, "NXcollection");
  file.dataset(path + "/indptr", indptr, {static_cast<std::size_t>(topology.period), nodes + 1},
               {"1", "row i of matrix t: entries indptr[t, i] to indptr[t, i + 1] of indices and weights", kScience});
  file.attach(path + "/indptr", 0, rounds);
  file.dataset(path + "/indices", indices, {indices.size()}, {"1", "column of each weight", kScience});
  file.dataset(path + "/weights", weights, {weights.size()}, {"1", "mixing weights that are not zero", kScience});
}

void write_topologies(Hdf5Writer& file, const RunRecord& record) {
  file.group("/topology", "NXcollection");
  const auto nodes = static_cast<std::size_t>(record.nodes);
  for (std::size_t k = 0; k < record.topologies.size(); ++k) {
    const TopologyRecord& topology = record.topologies[k];
    const std::string group = fmt::format("/topology/{}", k + 1);
    file.group(group, "NXcollection");
    file.attribute(group, "name", topology.name);
    file.attribute(group, "weights", topology.weights);
    for (const auto& number : kTopologyNumbers) file.attribute(group, std::string(number.name), topology.*number.member);
    file.attribute(group, "contraction_rounds", topology.contraction_rounds);
    file.attribute(group, "degree", topology.degree);
    file.attribute(group, "period", topology.period);
    file.attribute(group, "seed", topology.seed);

    const std::string path = group + "/W";
    if (topology.matrices.empty()) continue;
    const std::string rounds = group + "/round";
    const bool sparse = record.nodes > kLargestDenseTopology;
    if (sparse || topology.period > 1) write_axis(file, rounds, static_cast<std::size_t>(topology.period), 0, "round of the period");
    if (sparse) {
      write_csr(file, path, topology, nodes, rounds);
      continue;
    }
    Shape shape = {nodes, nodes};
    if (topology.period > 1) shape.insert(shape.begin(), static_cast<std::size_t>(topology.period));
    file.dataset(path, topology.matrices, shape, {"1", "mixing matrix: x_i becomes the sum over j of W[i, j] x_j", kScience});
    if (topology.period > 1) file.attach(path, 0, rounds);
    file.attach(path, shape.size() - 2, "/nodes/node");
    file.attach(path, shape.size() - 1, "/nodes/node");
  }
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
  write_axis(file, "/partition/class", classes, 0, "class of the data set");
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
  write_axis(file, "/provenance/attempts/attempt", record.attempts.size(), 0, "attempt: a start of the program that worked on the run");
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

std::vector<std::byte> build(const RunRecord& record) {
  const auto nodes = static_cast<std::size_t>(record.nodes), ranks = static_cast<std::size_t>(record.ranks);
  check_sizes(record);
  Hdf5Writer file;
  write_root(file, record);

  file.group("/steps", "NXdata");
  plot_hints(file, "/steps", "consensus_distance", "step");
  write_table(file, "/steps", kStepColumns, record.steps, "/steps/step");

  file.group("/nodes", "NXcollection");
  write_axis(file, "/nodes/node", nodes, 0, "node");
  write_wide(file, "/nodes", kNodeColumns, record, nodes, "/nodes/node");

  file.group("/ranks", "NXcollection");
  write_axis(file, "/ranks/rank", ranks, 0, "rank (process)");
  write_wide(file, "/ranks", kRankColumns, record, ranks, "/ranks/rank");

  file.group("/phases", "NXcollection");
  write_axis(file, "/phases/phase", record.phases.size(), 1, "phase, from 1");
  write_table(file, "/phases", kPhaseColumns, record.phases, "/phases/phase");

  file.group("/metrics", "NXcollection");
  write_axis(file, "/metrics/metric", record.metrics.size(), 1, "metric of the run, from 1; gap tables compare the first");
  write_table(file, "/metrics", kMetricColumns, record.metrics, "/metrics/metric");
  write_evaluations(file, record);
  write_topologies(file, record);
  write_problem(file, record);
  write_partition(file, record);
  write_provenance(file, record);
  link_scales(file);

  file.group("/summary", "NXcollection");
  for_each_entry(summarize(record), [&](const std::string& name, const auto& value) { file.attribute("/summary", name, value); });
  return file.image();
}

}  // namespace

void write_run_file(const std::string& path, const RunRecord& record, const Incarnation& by) {
  std::vector<std::byte> image;
  try {
    image = build(record);
    Hdf5Reader(image).verify();
  } catch (const Hdf5Failure& failure) {
    fail("cannot write {}: {} (nothing was written; the checkpoint stays)", path, failure.what());
  }
  replace_file(path, ".partial", {image}, by);
}

}  // namespace xib
