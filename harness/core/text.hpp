#pragma once

#include <string>
#include <string_view>

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

}  // namespace xib
