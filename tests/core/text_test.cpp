#include "harness/core/text.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;

TEST_CASE("what nobody sees or no terminal should get becomes \\xNN") {
  CHECK(printable("plain, Ξ ≤ 0.3, naïve, 図") == "plain, Ξ ≤ 0.3, naïve, 図");
  CHECK(printable("a\nb\tc\rd\x1b[31me\x7f") == "a\\x0ab\\x09c\\x0dd\\x1b[31me\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");  // CSI in one sign
  CHECK(printable("\xef\xbb\xbf"
                  "0 1") == "\\xef\\xbb\\xbf0 1");  // byte-order mark
  CHECK(printable("\xe2\x80\xae"
                  "evil") == "\\xe2\\x80\\xaeevil");  // right-to-left override
  CHECK(printable("caf\xe9") == "caf\\xe9");
  CHECK(printable_lines("a\nb\x1b") == "a\nb\\x1b");
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* good : {"", "abc\n", "é", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    CHECK(is_utf8(good));
    CHECK(valid_utf8(good) == good);
  }
  // cut short, alone, over-long, surrogate, beyond U+10FFFF, Latin-1
  for (const char* bad : {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "caf\xe9"}) {
    CHECK_FALSE(is_utf8(bad));
    CHECK(is_utf8(valid_utf8(bad)));
  }
  CHECK(valid_utf8("caf\xe9\nna\xc3\xafve") == "caf\\xe9\nna\xc3\xafve");
  CHECK(valid_utf8("\xe2\x82\xe2\x82\xac") == "\\xe2\\x82\xe2\x82\xac");
}

TEST_CASE("a byte-order mark is skipped once, at the beginning") {
  CHECK(skip_byte_order_mark("\xef\xbb\xbf"
                             "a\xef\xbb\xbf") == "a\xef\xbb\xbf");
  CHECK(skip_byte_order_mark("a") == "a");
  CHECK(skip_byte_order_mark("") == "");
  CHECK(skip_byte_order_mark("\xef\xbb") == "\xef\xbb");
}

TEST_CASE("a table aligns characters, not bytes, and leaves out columns without text") {
  CHECK(text_table({{"name", "none", "n"}, {"½", "", "8"}, {"phase", "", "16"}}) == "name    n\n½       8\nphase  16\n");
}

TEST_CASE("durations are in two units at most") {
  CHECK(duration(0) == "0 s");
  CHECK(duration(59.4) == "59 s");
  CHECK(duration(59.5) == "1 min 00 s");
  CHECK(duration(200) == "3 min 20 s");
  CHECK(duration(3661) == "1 h 01 min");
  CHECK(duration(HUGE_VAL) == "?");
}

TEST_CASE("sizes are in the unit that leaves one to three digits before the point") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(999.6) == "1 kB");  // not "1e+03 B"
  CHECK(bytes_text(1.5e9) == "1.5 GB");
  CHECK(bytes_text(1e21) == "1e+03 EB");
  CHECK(with_prefix(999.96, "B", 4) == "1 kB");
  CHECK(with_prefix(1234567, "samples", 4) == "1.235 Msamples");
  CHECK(gib(1.5 * (1 << 30)) == "1.50");
}

TEST_CASE("a cell of a table has significant digits, or a dash") {
  CHECK(cell(123456) == "1.235e+05");
  CHECK(cell(7200, 3600) == "2");
  CHECK(cell(2e9 / 3, 1e9, 3) == "0.667");
  CHECK(cell(std::nan("")) == "-");
}
