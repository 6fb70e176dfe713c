#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Text from outside (files, environment, names of hosts and files) may hold any bytes. These make it fit for what we write.

// Fit for one line of a screen: control characters, signs that nobody sees or that turn the line round (zero-width, byte-order mark,
// bidirectional marks), and bytes that are no UTF-8 become \xNN, byte by byte.
std::string printable(std::string_view text);
// The same for a message of several lines: \n stays.
std::string printable_lines(std::string_view text);

bool is_utf8(std::string_view text);
// Fit for JSON and for texts of a run file: bytes that are no UTF-8 become \xNN; all that is UTF-8 stays, with its newlines.
std::string valid_utf8(std::string_view text);

// Editors of other systems begin UTF-8 files with a mark that nobody sees.
std::string_view skip_byte_order_mark(std::string_view text);

// Numbers for people.

std::string duration(double seconds);                                                  // "45 s", "3 min 20 s", "2 h 05 min"; "?" where it is not finite
std::string with_prefix(double value, std::string_view unit, std::size_t digits = 3);  // "1.5 GB": decimal prefixes up to E; not below 1
inline std::string bytes_text(double bytes) { return with_prefix(bytes, "B"); }
std::string gib(double bytes);                                    // "1.50", in GiB: memory of GPUs is sold and told so
std::string cell(double value, double unit = 1, int digits = 4);  // of a table: significant digits of value / unit; "-" for NaN

std::size_t display_width(std::string_view text);  // characters of a UTF-8 text, not bytes

// Rows of equal length, the first of them titles, as aligned columns; columns without any text below the title are left out. Columns of
// numbers are flush right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace xib
