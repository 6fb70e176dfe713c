#include "harness/core/text.hpp"

#include <catch2/catch.hpp>

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
