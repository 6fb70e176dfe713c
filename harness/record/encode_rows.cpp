#include "harness/record/encode_rows.hpp"

namespace xib {

void write_own(ByteWriter& out, std::span<const EvaluationRow> rows) {
  for (const EvaluationRow& row : rows) {
    out.array(row.test_nodes);
    std::vector<std::string> names;
    std::vector<double> values;
    for (const auto& [name, value] : row.own) names.push_back(name), values.push_back(value);
    out.array(names);
    out.array(values);
  }
}

void read_own(ByteReader& in, std::vector<EvaluationRow>& rows) {
  for (EvaluationRow& row : rows) {
    row.test_nodes = in.array<double>();
    const auto names = in.array<std::string>();
    const auto values = in.array<double>();
    if (names.size() != values.size()) fail("the checkpoint holds {} values of {} metrics", values.size(), names.size());
    for (std::size_t k = 0; k < names.size(); ++k) row.own[names[k]] = values[k];
  }
}

}  // namespace xib
