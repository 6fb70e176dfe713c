#include "harness/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace xib {
namespace {

// Character of UTF-8 at the beginning of a text (RFC 3629: shortest form, no surrogates, up to U+10FFFF), and its number of bytes; 0: the bytes are not UTF-8.
struct Sign {
  std::size_t bytes = 0;
  std::uint32_t point = 0;
};

Sign first_sign(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[k])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t point = lead & (0x7fu >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(k) & 0x3f);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[bytes] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
  return {bytes, point};
}

// Control characters (C0, DEL, C1), and what has no width or turns the direction of a line.
bool is_unseen(std::uint32_t point) {
  const auto within = [&](std::uint32_t first, std::uint32_t last) { return first <= point && point <= last; };
  return point < 0x20 || within(0x7f, 0x9f) || point == 0xad || point == 0x61c || within(0x200b, 0x200f) || within(0x2028, 0x202e) || within(0x2060, 0x206f) ||
         point == 0xfeff || within(0xfff9, 0xfffb);
}

template <class Keep>
std::string escape_unless(std::string_view text, Keep keep) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) return std::string(text);  // nearly all texts
  std::string out;
  while (!text.empty()) {
    const Sign sign = first_sign(text);
    const std::size_t bytes = sign.bytes ? sign.bytes : 1;
    if (sign.bytes && keep(sign.point))
      out += text.substr(0, bytes);
    else
      for (const char c : text.substr(0, bytes)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    text.remove_prefix(bytes);
  }
  return out;
}

bool is_number(const std::string& text) { return text == "-" || text.find_first_not_of("0123456789.eE+-%") == std::string::npos; }

}  // namespace

std::string printable(std::string_view text) {
  return escape_unless(text, [](std::uint32_t point) { return !is_unseen(point); });
}

std::string printable_lines(std::string_view text) {
  return escape_unless(text, [](std::uint32_t point) { return point == '\n' || !is_unseen(point); });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Sign sign = first_sign(text);
    if (sign.bytes == 0) return false;
    text.remove_prefix(sign.bytes);
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  return escape_unless(text, [](std::uint32_t) { return true; });
}

std::string_view skip_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto s = static_cast<long>(std::lround(seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02d} s", s / 60, s % 60);
  return fmt::format("{} h {:02d} min", s / 3600, s / 60 % 60);
}

std::string with_prefix(double value, std::string_view unit, std::size_t digits) {
  constexpr std::array<std::string_view, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  const double rounds_up = 1000 - 0.5 * std::pow(10, 3 - static_cast<double>(digits));
  std::size_t k = 0;
  for (; value >= rounds_up && k + 1 < kPrefixes.size(); ++k) value /= 1000;
  return fmt::format("{:.{}g} {}{}", value, digits, kPrefixes[k], unit);
}

std::string gib(double bytes) { return fmt::format("{:.2f}", bytes / (1 << 30)); }

std::string cell(double value, double unit, int digits) { return std::isnan(value) ? "-" : fmt::format("{:.{}g}", value / unit, digits); }

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  auto cells = rows;
  for (auto& row : cells)
    for (auto& cell : row) cell = printable(cell);  // a newline or an escape of a terminal would break the lines
  struct Column {
    std::size_t at, width;
    bool right;
  };
  std::vector<Column> columns;
  for (std::size_t c = 0; c < cells.front().size(); ++c) {
    std::size_t widest = display_width(cells.front()[c]);
    bool empty = true, right = true;
    for (std::size_t r = 1; r < cells.size(); ++r) {
      widest = std::max(widest, display_width(cells[r][c]));
      empty = empty && cells[r][c].empty();
      right = right && is_number(cells[r][c]);
    }
    if (!empty) columns.push_back({c, widest, right});
  }
  std::string out;
  for (const auto& row : cells) {
    std::string line;
    for (const Column& column : columns) {
      const std::string pad(column.width - display_width(row[column.at]), ' ');
      line += (line.empty() ? "" : "  ") + (column.right ? pad + row[column.at] : row[column.at] + pad);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace xib
