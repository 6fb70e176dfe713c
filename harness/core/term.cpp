#include "harness/core/term.hpp"

#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/core/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace xib {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

// Members of closed sets are written small; arguments as in the literature, such as L.
bool is_argument_name(std::string_view s) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !s.empty() && letter(s.front()) &&
         std::all_of(s.begin(), s.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

bool is_name(std::string_view s) {
  if (s.empty() || s.front() < 'a' || s.front() > 'z') return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

// Splits at commas outside of quotes.
std::vector<std::string_view> split_arguments(std::string_view s) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t from = 0;
  for (std::size_t k = 0; k < s.size(); ++k) {
    if (s[k] == '"') quoted = !quoted;
    if (s[k] == ',' && !quoted) {
      parts.push_back(trim(s.substr(from, k - from)));
      from = k + 1;
    }
  }
  parts.push_back(trim(s.substr(from)));
  return parts;
}

std::string_view unquote(std::string_view s) { return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s; }

}  // namespace

Term Term::parse(std::string_view text, std::string_view key) {
  const auto bad = [&](std::string_view why) {
    refuse(Key{key}, "'{}' {}; write a name such as ring, or a name with arguments such as torus(4, 8) or adaptive(0.2, beta = 0.95)", printable(text), why);
  };
  const std::string_view s = trim(text);
  Term term;
  const auto open = s.find('(');
  term.name = trim(s.substr(0, open));
  if (!is_name(term.name)) bad("does not begin with a name (small letters, digits, '-')");
  if (open == std::string_view::npos) return term;
  if (s.back() != ')') bad("has no closing parenthesis at its end");
  const std::string_view inside = trim(s.substr(open + 1, s.size() - open - 2));
  if (inside.empty()) return term;
  for (const auto part : split_arguments(inside)) {
    Argument argument;
    const auto equals = part.starts_with('"') ? std::string_view::npos : part.find('=');
    std::string_view value = part;
    if (equals != std::string_view::npos) {
      argument.name = trim(part.substr(0, equals));
      if (!is_argument_name(argument.name)) bad(fmt::format("has an invalid argument name: '{}'", printable(argument.name)));
      value = trim(part.substr(equals + 1));
    } else if (!term.arguments.empty() && !term.arguments.back().name.empty()) {
      bad("has a positional argument after a named one");
    }
    if (value.empty()) bad("has an empty argument");
    const bool opens = value.front() == '"';
    if (opens != (value.size() > 1 && value.back() == '"') || unquote(value).find_first_of("\"()") != std::string_view::npos)
      bad("has stray quotes or parentheses");
    argument.text = unquote(value);
    for (const auto& other : term.arguments)
      if (!argument.name.empty() && other.name == argument.name) bad(fmt::format("gives '{}' twice", argument.name));
    term.arguments.push_back(std::move(argument));
  }
  return term;
}

std::string Term::text() const {
  if (arguments.empty()) return name;
  std::string out = name + "(";
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    const auto& a = arguments[k];
    const bool quote = a.text.empty() || a.text.find_first_of(" ,=\t") != std::string::npos;
    const std::string value = quote ? "\"" + a.text + "\"" : a.text;
    out += (k ? ", " : "") + (a.name.empty() ? value : a.name + " = " + value);
  }
  return out + ")";
}

Arguments::Arguments(const Term& term, std::string_view key) : term_(term), key_(key), used_(term.arguments.size(), false) {}

const Argument* Arguments::take(std::string_view name) {
  for (std::size_t k = 0; k < used_.size(); ++k)
    if (term_.arguments[k].name == name) {
      used_[k] = true;
      return &term_.arguments[k];
    }
  if (position_ < used_.size() && term_.arguments[position_].name.empty()) {
    used_[position_] = true;
    return &term_.arguments[position_++];
  }
  return nullptr;
}

double Arguments::to_number(std::string_view name, const Argument& a) const {
  double value = 0;
  const auto [end, error] = std::from_chars(a.text.data(), a.text.data() + a.text.size(), value);
  require(error == std::errc() && end == a.text.data() + a.text.size() && std::isfinite(value), Key{key_}, "{}: {} is '{}', which is not a number",
          printable(term_.text()), name, printable(a.text));
  require(std::fpclassify(value) != FP_SUBNORMAL, Key{key_}, "{}: {} is {}, so near to 0 that it counts as 0; write 0, or a number above 2.3e-308",
          printable(term_.text()), name, a.text);  // threads flush denormals
  return value;
}

double Arguments::number(std::string_view name) {
  const Argument* a = take(name);
  require(a, Key{key_}, "{} needs the argument {}: write {}({} = ...)", term_.text(), name, term_.name, name);
  return to_number(name, *a);
}

double Arguments::number(std::string_view name, double otherwise) {
  const Argument* a = take(name);
  return a ? to_number(name, *a) : otherwise;
}

std::int64_t Arguments::integer(std::string_view name) {
  const double value = number(name);
  require(value == std::floor(value) && std::abs(value) < 9e15, Key{key_}, "{}: {} is {}, which is not a whole number", term_.text(), name, value);
  return static_cast<std::int64_t>(value);
}

std::int64_t Arguments::integer(std::string_view name, std::int64_t otherwise) {
  const double value = number(name, static_cast<double>(otherwise));
  require(value == std::floor(value) && std::abs(value) < 9e15, Key{key_}, "{}: {} is {}, which is not a whole number", term_.text(), name, value);
  return static_cast<std::int64_t>(value);
}

std::string Arguments::text(std::string_view name) {
  const Argument* a = take(name);
  require(a, Key{key_}, "{} needs the argument {}: write {}({} = ...)", term_.text(), name, term_.name, name);
  return a->text;
}

std::string Arguments::text(std::string_view name, std::string_view otherwise) {
  const Argument* a = take(name);
  return a ? a->text : std::string(otherwise);
}

std::vector<double> Arguments::rest() {
  std::vector<double> values;
  while (position_ < used_.size() && term_.arguments[position_].name.empty()) {
    values.push_back(to_number(fmt::format("argument {}", position_ + 1), term_.arguments[position_]));
    used_[position_++] = true;
  }
  return values;
}

void Arguments::done() const {
  for (std::size_t k = 0; k < used_.size(); ++k) {
    const auto& a = term_.arguments[k];
    require(used_[k], Key{key_}, "{} has an argument that {} does not take: '{}'", term_.text(), term_.name, printable(a.name.empty() ? a.text : a.name));
  }
}

std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  return fmt::format("unknown {} '{}'{}; known: {}", what, printable(name), near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

void refuse_name(std::string_view key, std::string_view what, std::string_view name, const std::vector<std::string>& known) {
  refuse(Key{key}, "{}", unknown_name(what, name, known));
}

std::string nearest(std::string_view word, const std::vector<std::string>& members) {
  std::string best;
  std::size_t best_cost = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& m : members) {  // Levenshtein distance, one row at a time
    std::vector<std::size_t> row(m.size() + 1);
    for (std::size_t j = 0; j <= m.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= m.size(); ++j) {
        const std::size_t cost = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (word[i - 1] != m[j - 1])});
        diagonal = std::exchange(row[j], cost);
      }
    }
    if (row[m.size()] < best_cost) best_cost = row[m.size()], best = m;
  }
  return best;
}

}  // namespace xib
