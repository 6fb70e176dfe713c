#include "harness/sweep/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"

namespace xib {
namespace {

// ./g.txt and g.txt are one file. A path may also be a word of its argument: alternate("edges ./g.txt", 2).
std::string without_dots(std::string path) {
  for (auto at = path.find("./"); at != std::string::npos; at = path.find("./", at)) {
    const bool whole = at == 0 || std::string_view("/ =").find(path[at - 1]) != std::string_view::npos;
    const auto next = path.find_first_not_of('/', at + 1);
    if (whole && next != std::string::npos)
      path.erase(at, next - at);
    else
      at += 2;
  }
  return path;
}

// 0.50 and 5e-1 are one number and must give one run id, and so must two spellings of one path; words and whole numbers stay as they are.
std::string normal_argument(const std::string& argument) {
  if (argument.find("./") != std::string::npos) return without_dots(argument);
  if (argument.find_first_not_of("0123456789+-.eE") != std::string::npos || argument.find_first_of(".eE") == std::string::npos) return argument;
  double number = 0;
  const char* const last = argument.data() + argument.size();
  const auto [end, error] = std::from_chars(argument.data(), last, number);
  return error == std::errc() && end == last && std::isfinite(number) ? fmt::format("{}", number == 0 ? 0.0 : number) : argument;
}

void check_member(const Field& field, const std::string& name, const Vocabulary& vocabulary) {
  const auto known = members(field, vocabulary);
  if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) refuse_name(field.key, "value", name, known);
}

std::string checked_term(const Field& field, const std::string& given, const Vocabulary& vocabulary) {
  Term term = Term::parse(given, field.key);
  check_member(field, term.name, vocabulary);
  for (auto& argument : term.arguments) argument.text = normal_argument(argument.text);
  return term.text();
}

void check_range(const Field& field, double value) {
  require(std::isfinite(value), Key{field.key}, "{} is not a finite number; write {}", value, expected(field.kind));
  require(std::fpclassify(value) != FP_SUBNORMAL, Key{field.key}, "{} is so near to 0 that it counts as 0; write 0, or a number above 2.3e-308", value);
  const Range& r = field.range;
  const bool ok = (r.above ? value > r.least : value >= r.least) && (r.below ? value < r.most : value <= r.most);
  require(ok, Key{field.key}, "{} is out of range; write {} that is {}", value, expected(field.kind), range_text(field));
}

}  // namespace

// The accessor only selects, so a const configuration stays what it is.
Value get(const Field& field, const RunConfig& config) {
  return std::visit([&](auto select) -> Value { return select(const_cast<RunConfig&>(config)); }, field.member);
}

void put(const Field& field, RunConfig& config, const Value& value) {
  std::visit(
      [&](auto select) {
        auto& target = select(config);
        target = std::get<std::decay_t<decltype(target)>>(value);
      },
      field.member);
}

std::string text(const Value& value) {
  struct {
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::string>& v) const {
      const bool one = !v.empty() && std::all_of(v.begin(), v.end(), [&](const auto& s) { return s == v.front(); });
      return one ? v.front() : fmt::format("[{}]", fmt::join(v, ", "));
    }
    std::string operator()(const std::vector<std::int64_t>& v) const { return fmt::format("[{}]", fmt::join(v, ", ")); }
  } write;
  return std::visit(write, value);
}

Value checked(const Field& field, Value value, const Vocabulary& vocabulary) {
  switch (field.kind) {
    case Kind::integer: {
      const std::int64_t v = std::get<std::int64_t>(value);
      const double d = static_cast<double>(v);  // exact wherever a limit of the table is near
      require(d >= field.range.least && d <= field.range.most, Key{field.key}, "{} is out of range; write {} that is {}", v, expected(field.kind),
              range_text(field));
      break;
    }
    case Kind::number: {
      double& v = std::get<double>(value);
      check_range(field, v);
      if (v == 0) v = 0;  // no negative zero
      break;
    }
    case Kind::integers:
      for (const std::int64_t v : std::get<std::vector<std::int64_t>>(value)) check_range(field, static_cast<double>(v));
      break;
    case Kind::text:
      if (field.normal) value = field.normal(std::get<std::string>(value));
      check_member(field, std::get<std::string>(value), vocabulary);
      break;
    case Kind::term:
      value = checked_term(field, std::get<std::string>(value), vocabulary);
      break;
    case Kind::terms: {
      auto& terms = std::get<std::vector<std::string>>(value);
      require(!terms.empty(), Key{field.key}, "an empty list names nothing; write {}", expected(field.kind));
      for (auto& term : terms) term = checked_term(field, term, vocabulary);
      break;
    }
    case Kind::flag:
    case Kind::texts:
      break;
  }
  return value;
}

std::vector<std::string> members(const Field& field, const Vocabulary& vocabulary) {
  if (const auto told = vocabulary.names.find(field.set); told != vocabulary.names.end()) return told->second;
  std::istringstream words{std::string(field.members)};
  return {std::istream_iterator<std::string>(words), {}};
}

std::string_view expected(Kind kind) {
  switch (kind) {
    case Kind::integer:
      return "a whole number";
    case Kind::number:
      return "a number";
    case Kind::flag:
      return "true or false";
    case Kind::text:
      return "a text in quotes";
    case Kind::term:
      return "a name in quotes such as \"ring\" or \"torus(4, 8)\"";
    case Kind::terms:
      return "a name in quotes such as \"ring\" or \"torus(4, 8)\", or a list of one per phase";
    case Kind::texts:
      return "a list of texts";
    case Kind::integers:
      return "a list of whole numbers";
  }
  return "";
}

std::string range_text(const Field& field) {
  const Range& r = field.range;
  std::string out;
  if (std::isfinite(r.least)) out = fmt::format("{} {}", r.above ? "above" : "at least", r.least);
  if (std::isfinite(r.most)) out += fmt::format("{}{} {}", out.empty() ? "" : " and ", r.below ? "below" : "at most", r.most);
  return out;
}

}  // namespace xib
