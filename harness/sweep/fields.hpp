#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/sweep/names.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

enum class Kind { integer, number, flag, text, term, terms, texts, integers };

using Value = std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>, std::vector<std::int64_t>>;

// Function that selects a member of RunConfig.
using Member = std::variant<std::int64_t& (*)(RunConfig&), double& (*)(RunConfig&), bool& (*)(RunConfig&), std::string& (*)(RunConfig&),
                            std::vector<std::string>& (*)(RunConfig&), std::vector<std::int64_t>& (*)(RunConfig&)>;

struct Range {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  bool above = false, below = false;  // above: least itself is outside; below: most itself is outside
};

// One key of a sweep file. The parser, --set, the environment, the canonical JSON, the README and the tests loop over this table.
struct Field {
  std::string_view key;  // dotted
  Kind kind;
  Member member;
  std::string_view help;
  Range range = {};
  std::string_view set = "";                          // closed set whose names it takes: a key of Vocabulary::names
  std::string_view members = "";                      // members of its closed set, separated by blanks, if no other folder owns the set
  std::string_view instead = "";                      // not empty: a file cannot set the key, and this text says what to write instead
  std::string (*normal)(std::string_view) = nullptr;  // canonical form of a text, or throws Error(input)
  bool optional = false;                              // the canonical JSON has it only if its value differs from the default
};
std::span<const Field> run_fields();
const Field* find_field(std::string_view key);  // nullptr: no such key

Value get(const Field& field, const RunConfig& config);
void put(const Field& field, RunConfig& config, const Value& value);
// Text of a value as a person writes it, without quotes: 0.1, true, ring, [complete, ring].
std::string text(const Value& value);
// Value in canonical form; throws Error(input) "problem; remedy" if the field cannot take it.
Value checked(const Field& field, Value value, const Vocabulary& vocabulary);
// Members of the field's closed set; [] if it has none, or if the vocabulary does not know them.
std::vector<std::string> members(const Field& field, const Vocabulary& vocabulary);
// "a whole number such as 16", for messages and the README.
std::string_view expected(Kind kind);
std::string range_text(const Field& field);  // "at least 1"; "" without a limit

}  // namespace xib
