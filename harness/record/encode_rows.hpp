#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/columns.hpp"
#include "harness/record/rows.hpp"

// Rows as bytes and back: parts that checkpoints and row logs share.
namespace xib {

// Names and types of columns, which come before their values.
template <class Row, std::size_t N>
std::string names_of(const Column<Row> (&columns)[N]) {
  std::string names;
  for (const auto& column : columns) {
    names += std::string(column.name) + " ";
    with_member(column, [&]<class T>(auto, std::type_identity<T>) { names += std::string(type_name<T>()) + "\n"; });
  }
  return names;
}

// Refuses rows of a build with other columns, because this one cannot go on with them.
inline void check_names(const std::string& stored, const std::string& names) {
  if (stored != names) fail("the checkpoint was written by a build with other columns: finish the run with that build, or start it again with --no-resume");
}

template <class Row, std::size_t N>
void write_table(ByteWriter& out, const Column<Row> (&columns)[N], std::span<const Row> rows) {
  out.text(names_of(columns));
  out.number<std::uint64_t>(rows.size());
  for (const auto& column : columns) with_member(column, [&](auto member, auto) { out.array(gather(rows, member)); });
}

template <class Row, std::size_t N>
std::vector<Row> read_table(ByteReader& in, const Column<Row> (&columns)[N]) {
  check_names(in.text(), names_of(columns));
  const auto count = in.number<std::uint64_t>();
  std::vector<Row> rows;
  for (const auto& column : columns) {
    with_member(column, [&]<class T>(auto member, std::type_identity<T>) {
      const auto values = in.array<T>();
      if (values.size() != count) fail("the checkpoint holds {} values of {}, expected {}", values.size(), column.name, count);
      rows.resize(count);
      scatter(values, member, rows);
    });
  }
  return rows;
}

// What evaluations have beside the columns of every run: the nodes' values, and columns of the run's metrics.
void write_own(ByteWriter& out, std::span<const EvaluationRow> rows);
void read_own(ByteReader& in, std::vector<EvaluationRow>& rows);

}  // namespace xib
