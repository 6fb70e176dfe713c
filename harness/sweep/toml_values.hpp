#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sweep/fields.hpp"

namespace xib {

// Value in a TOML document. Tables are flattened to dotted keys: there is one leaf per key, in the order of the text.
struct Leaf {
  // unsupported: a date or time. A table occurs inside a list only.
  enum class Type { integer, number, flag, text, list, table, unsupported } type = Type::unsupported;
  std::string key;  // "" inside a list
  int line = 0;
  std::int64_t integer = 0;
  double number = 0;
  bool flag = false;
  std::string text = {};
  std::vector<Leaf> children = {};  // of a list or table
};

// Leaves of a document. Throws Error(input) "file:line: ..." if the text is not TOML.
std::vector<Leaf> parse_toml(std::string_view document, const std::string& file);

std::string_view describe(const Leaf& leaf);                 // "a text", "a list", for messages
std::optional<Value> value_of(const Leaf& leaf, Kind kind);  // nullopt: of another type

}  // namespace xib
