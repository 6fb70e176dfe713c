#include "harness/core/text.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/layout.hpp"

namespace xib {
namespace {

// One walk over the record serves both directions: `Archive` either writes its argument or assigns it.
struct Encode {
  static constexpr bool kWrites = true;
  ByteWriter out;
  template <class T>
  void operator()(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      out.text(value);
    } else {
      out.number(value);
    }
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    out.array(values);
  }
};

struct Decode {
  static constexpr bool kWrites = false;
  ByteReader in;
  template <class T>
  void operator()(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      value = in.text();
    } else {
      value = in.number<T>();
    }
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    values = in.array<T>();
  }
};

// The names of all columns come first: a build with other columns cannot go on with these rows.
template <class Archive>
void walk_names(Archive& archive, const std::string& names) {
  std::string stored;
  if constexpr (Archive::kWrites) stored = names;
  archive(stored);
  if (stored != names) {
    fail("the checkpoint was written by a build with other columns: finish the run with that build, or start it again with --no-resume");
  }
}

template <class Archive, class Row, std::size_t N>
void walk_table(Archive& archive, const Column<Row> (&columns)[N], std::vector<Row>& rows) {
  std::string names;
  for (const auto& column : columns) {
    names += std::string(column.name) + " ";
    with_member(column, [&]<class T>(auto, std::type_identity<T>) { names += std::string(type_name<T>()) + "\n"; });
  }
  walk_names(archive, names);
  std::uint64_t count = rows.size();
  archive(count);
  for (const auto& column : columns) {
    with_member(column, [&](auto member, auto) {
      auto values = gather(rows, member);
      archive(values);
      if (values.size() != count) fail("the checkpoint holds {} values of {}, expected {}", values.size(), column.name, count);
      rows.resize(count);
      scatter(values, member, rows);
    });
  }
}

template <class Archive>
void walk_topology(Archive& archive, TopologyRecord& topology) {
  archive(topology.name);
  archive(topology.weights);
  for (const auto& number : kTopologyNumbers) archive(topology.*number.member);
  archive(topology.contraction_rounds);
  archive(topology.degree);
  archive(topology.period);
  archive(topology.seed);
  archive(topology.matrices);
}

template <class Archive>
void walk(Archive& archive, RunRecord& record) {
  for (const auto& text : kRootTexts) {
    std::string value = text.get(record);
    archive(value);
    if (!text.put(record, value)) fail("the checkpoint's {} is '{}', which is unknown: start the run again with --no-resume", text.name, printable(value));
  }
  archive(record.seed);
  archive(record.nodes);
  archive(record.classes);
  archive(record.ranks);
  archive(record.config_json);
  archive(record.config_source);
  for (const auto& number : kProblemNumbers) archive(record.problem.*number.member);
  walk_table(archive, kPhaseColumns, record.phases);
  walk_table(archive, kStepColumns, record.steps);
  walk_table(archive, kEvaluationColumns, record.evaluations);
  walk_table(archive, kAttemptColumns, record.attempts);
  walk_table(archive, kMetricColumns, record.metrics);
  for (auto& row : record.evaluations) {
    archive(row.test_nodes);
    std::vector<std::string> names;
    std::vector<double> values;
    for (const auto& [name, value] : row.own) names.push_back(name), values.push_back(value);
    archive(names);
    archive(values);
    for (std::size_t k = 0; k < names.size(); ++k) row.own[names[k]] = values[k];
  }
  for (const auto& column : kNodeColumns) archive(record.*column.member);
  for (const auto& column : kRankColumns) archive(record.*column.member);
  archive(record.class_histogram);

  std::string numbers = "contraction_rounds degree period seed";
  for (const auto& number : kTopologyNumbers) numbers += " " + std::string(number.name);
  walk_names(archive, numbers);
  std::uint64_t topologies = record.topologies.size(), provenance = record.provenance.size();
  archive(topologies);
  archive(provenance);
  for (std::uint64_t k = 0; k < topologies; ++k) {
    if constexpr (!Archive::kWrites) record.topologies.emplace_back();
    walk_topology(archive, record.topologies[k]);
  }
  for (std::uint64_t k = 0; k < provenance; ++k) {
    if constexpr (!Archive::kWrites) record.provenance.emplace_back();
    archive(record.provenance[k].first);
    archive(record.provenance[k].second);
  }
}

}  // namespace

std::vector<std::byte> encode_record(const RunRecord& record) {
  Encode archive;
  RunRecord copy = record;  // the walk is written for both directions
  walk(archive, copy);
  return archive.out.bytes();
}

RunRecord decode_record(const std::vector<std::byte>& bytes) {
  Decode archive{ByteReader(bytes)};
  RunRecord record;
  walk(archive, record);
  if (!archive.in.at_end()) fail("the checkpoint's record has more bytes than this build knows: start the run again with --no-resume");
  return record;
}

}  // namespace xib
