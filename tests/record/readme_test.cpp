#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "harness/record/columns.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;

namespace {

const std::string kReadme = read_bytes(XB_SOURCE_DIR "/harness/record/README.md");

std::string line(std::string_view name, std::string_view type, std::string_view units, bool science, std::string_view description) {
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", name, type, units, science ? "yes" : "", description);
}

template <class Row, std::size_t N>
void check_table(const Column<Row> (&columns)[N]) {
  for (const auto& column : columns) {
    with_member(column, [&]<class T>(auto, std::type_identity<T>) {
      const auto expected = line(column.name, type_name<T>(), column.units, column.science, column.description);
      INFO("harness/record/README.md lacks the line\n" << expected);
      CHECK(kReadme.find(expected) != std::string::npos);
    });
  }
}

}  // namespace

TEST_CASE("the README lists every column as the table in columns.hpp has it") {
  check_table(kStepColumns);
  check_table(kEvaluationColumns);
  check_table(kPhaseColumns);
  check_table(kAttemptColumns);
}
