#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/encode_rows.hpp"
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
  template <class Row, std::size_t N>
  void table(const Column<Row> (&columns)[N], const std::vector<Row>& rows, std::size_t first = 0) {
    write_table(out, columns, std::span<const Row>(rows).subspan(first));
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
  template <class Row, std::size_t N>
  void table(const Column<Row> (&columns)[N], std::vector<Row>& rows, std::size_t = 0) {
    rows = read_table(in, columns);
  }
};

template <class Archive>
void walk_names(Archive& archive, const std::string& names) {
  std::string stored;
  if constexpr (Archive::kWrites) stored = names;
  archive(stored);
  check_names(stored, names);
}

template <class Archive, class Topology>
void walk_topology(Archive& archive, Topology& topology) {
  archive(topology.name);
  archive(topology.weights);
  for (const auto& number : kTopologyNumbers) archive(topology.*number.member);
  archive(topology.contraction_rounds);
  archive(topology.degree);
  archive(topology.period);
  archive(topology.seed);
  archive(topology.matrices);
}

// Record is const where it is written. first_evaluation: those before it are in the row log.
template <class Archive, class Record>
void walk(Archive& archive, Record& record, std::size_t first_evaluation) {
  for (const auto& text : kRootTexts) {
    if constexpr (Archive::kWrites) {
      archive(text.get(record));
    } else {
      std::string value;
      archive(value);
      if (!text.put(record, value)) fail("the checkpoint's {} is '{}', which is unknown: start the run again with --no-resume", text.name, printable(value));
    }
  }
  archive(record.seed);
  archive(record.nodes);
  archive(record.classes);
  archive(record.ranks);
  archive(record.config_json);
  archive(record.config_source);
  for (const auto& number : kProblemNumbers) archive(record.problem.*number.member);
  archive.table(kPhaseColumns, record.phases);
  archive.table(kStepColumns, record.steps);
  archive.table(kEvaluationColumns, record.evaluations, first_evaluation);
  archive.table(kAttemptColumns, record.attempts);
  archive.table(kMetricColumns, record.metrics);
  if constexpr (Archive::kWrites) {
    write_own(archive.out, std::span<const EvaluationRow>(record.evaluations).subspan(first_evaluation));
  } else {
    read_own(archive.in, record.evaluations);
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

std::vector<std::byte> encode_record(const RunRecord& record, std::size_t first_evaluation) {
  Encode archive;
  walk(archive, record, first_evaluation);
  return archive.out.take();
}

RunRecord decode_record(const std::vector<std::byte>& bytes) {
  Decode archive{ByteReader(bytes)};
  RunRecord record;
  walk(archive, record, 0);
  if (!archive.in.at_end()) fail("the checkpoint's record has more bytes than this build knows: start the run again with --no-resume");
  return record;
}

}  // namespace xib
