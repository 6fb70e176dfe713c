#include "harness/cli/text_table.hpp"

#include "harness/core/text.hpp"

#include <algorithm>
#include <cstddef>

namespace xib {
namespace {

// Characters of a UTF-8 text, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_number(const std::string& text) { return text == "-" || text.find_first_not_of("0123456789.eE+-%") == std::string::npos; }

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& given) {
  auto rows = given;
  for (auto& row : rows)
    for (auto& cell : row) cell = printable(cell);  // a newline or an escape of a terminal would break the lines
  struct Column {
    std::size_t at, width;
    bool right;
  };
  std::vector<Column> columns;
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    std::size_t widest = width(rows.front()[c]);
    bool empty = true, right = true;
    for (std::size_t r = 1; r < rows.size(); ++r) {
      widest = std::max(widest, width(rows[r][c]));
      empty = empty && rows[r][c].empty();
      right = right && is_number(rows[r][c]);
    }
    if (!empty) columns.push_back({c, widest, right});
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (const Column& column : columns) {
      const std::string pad(column.width - width(row[column.at]), ' ');
      line += (line.empty() ? "" : "  ") + (column.right ? pad + row[column.at] : row[column.at] + pad);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace xib
