#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Foreign text (files, environment, names of hosts and files) may hold any bytes. The functions below escape it.

// Text for one line of a screen: control characters, invisible characters (zero-width, byte-order mark, bidirectional marks) and bytes that are not UTF-8
// become \xNN, byte by byte.
std::string printable(std::string_view text);
// Text for a message of several lines: the same, but \n stays.
std::string printable_lines(std::string_view text);

bool is_utf8(std::string_view text);
// Text for JSON and for run files: bytes that are not UTF-8 become \xNN; all UTF-8 stays, newlines included.
std::string valid_utf8(std::string_view text);

// Text without a byte-order mark at its beginning, which some editors write into UTF-8 files.
std::string_view skip_byte_order_mark(std::string_view text);

// Numbers for people.

std::string duration(double seconds);                                                  // "45 s", "3 min 20 s", "2 h 05 min"; "?" if it is not finite
std::string with_prefix(double value, std::string_view unit, std::size_t digits = 3);  // "1.5 GB": decimal prefixes up to E; not below 1
inline std::string bytes_text(double bytes) { return with_prefix(bytes, "B"); }
std::string gib(double bytes);                                    // "1.50", in GiB, the usual unit for memory of GPUs
std::string cell(double value, double unit = 1, int digits = 4);  // of a table: significant digits of value / unit; "-" for NaN

std::size_t display_width(std::string_view text);  // characters of a UTF-8 text, not bytes

// Rows of equal length as aligned columns; the first row has the titles. Columns without text below the title are left out. Columns of numbers are flush right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace xib
