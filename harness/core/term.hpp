#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Argument of a Term.
struct Argument {
  std::string name;  // empty: positional
  std::string text;  // as written, without quotes
  bool operator==(const Argument&) const = default;
};

// Member of a closed set with its arguments, in the one grammar of topologies, policies, partitions, schedules, ...:
//   ring    torus(4, 8)    adaptive(0.2, beta = 0.95)    edges("my graph.txt")
struct Term {
  std::string name;
  std::vector<Argument> arguments;

  // Parses `text`, the value of `key`. Throws Error(input) if the text does not follow the grammar.
  static Term parse(std::string_view text, std::string_view key = "");
  std::string text() const;  // canonical: one blank after commas and around '='
  bool operator==(const Term&) const = default;
};

// Reader of a term's arguments, one after another. done() refuses the rest: unknown or superfluous arguments are errors.
//   Arguments a(term, "control.policy");  double f = a.number("fraction");  double beta = a.number("beta", 0.95);  a.done();
// An argument may be given by position or by name; positions count in the order of the calls.
class Arguments {
 public:
  Arguments(const Term& term, std::string_view key);
  double number(std::string_view name);                    // required
  double number(std::string_view name, double otherwise);  // optional
  std::int64_t integer(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t otherwise);
  std::string text(std::string_view name);
  std::string text(std::string_view name, std::string_view otherwise);
  std::vector<double> rest();  // all remaining positional arguments as numbers
  void done() const;

 private:
  const Argument* take(std::string_view name);
  double to_number(std::string_view name, const Argument& argument) const;
  Term term_;
  std::string key_;
  std::size_t position_ = 0;
  std::vector<bool> used_;
};

// Nearest member of a closed set, for "did you mean"; "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& members);

}  // namespace xib
