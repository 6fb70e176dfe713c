#include "harness/sweep/overrides.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "harness/core/check.hpp"
#include "harness/sweep/json.hpp"

namespace xib {
namespace {

constexpr std::string_view kPrefix = "XIBENCH_";
constexpr std::string_view kComment = "# ", kSet = "--set ";  // "# --set train.nodes=4" and "# XIBENCH_TRAIN__NODES=4" record an override
// Switches of other parts: where the data sets are, where ./check builds, whether tests run in full.
constexpr std::string_view kNoKeys[] = {"XIBENCH_DATA", "XIBENCH_BUILD", "XIBENCH_TEST_FULL"};

std::string trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string() : std::string(s.substr(first, s.find_last_not_of(" \t") - first + 1));
}

std::string variable_of(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key) name += c == '.' ? std::string("__") : std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return name;
}

// Bare words are what a shell leaves of --set topology.name="ring".
std::string as_toml(const std::string& key, const std::string& value) {
  const Field* field = find_field(key);
  const bool takes_text = key == "name" || (field && (field->kind == Kind::text || field->kind == Kind::term || field->kind == Kind::terms));
  if (!takes_text || value.empty() || value.find_first_of("'\"[") == 0) return value;
  std::string quoted = "\"";
  for (const char c : value) quoted += (c == '"' || c == '\\') ? std::string{'\\', c} : std::string(1, c);
  return quoted + "\"";
}

// A value of several lines in one line, as a comment must be, without the comments inside of it. No key takes the types that are left out.
std::string in_one_line(const Leaf& leaf) {
  std::vector<std::string> items;
  for (const Leaf& child : leaf.children) items.push_back(in_one_line(child));
  if (leaf.type == Leaf::Type::list) return fmt::format("[{}]", fmt::join(items, ", "));
  if (leaf.type == Leaf::Type::text) return json_string(leaf.text);  // TOML has the same escapes
  if (leaf.type == Leaf::Type::flag) return leaf.flag ? "true" : "false";
  return leaf.type == Leaf::Type::integer ? fmt::format("{}", leaf.integer) : fmt::format("{}", leaf.number);
}

void add(const std::string& key, const std::string& value, const std::string& where, std::string comment, Problems& problems, std::vector<Override>& out) {
  try {
    auto leaves = parse_toml(fmt::format("value = {}", as_toml(key, value)), where);
    require(leaves.size() == 1 && leaves[0].key == "value", "more than one value");
    leaves[0].key = key;
    if (comment.find('\n') != std::string::npos) comment = comment.substr(0, comment.find('=') + 1) + in_one_line(leaves[0]);
    out.push_back({std::move(leaves[0]), where, std::move(comment)});
  } catch (const Error&) {
    problems.add(where, key, fmt::format("'{}' is not a TOML value; write 8, 0.1, true, \"ring\" or [1, 2]", value));
  }
}

std::map<std::string, std::string> keys_of_variables() {
  std::map<std::string, std::string> keys;
  for (const std::string key : {"name", "seeds", "delta", "looks"}) keys[variable_of(key)] = key;
  for (const auto& field : run_fields()) keys[variable_of(field.key)] = field.key;
  return keys;
}

// The lines of comments that a text ends with.
std::vector<std::string> last_comments(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (text[at] == '#')
      lines.push_back(text.substr(at, end - at));
    else
      lines.clear();
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::vector<Override> recorded_overrides(const std::string& source, const std::string& file, Problems& problems) {
  std::vector<Override> out;
  const auto variables = keys_of_variables();
  for (const std::string& line : last_comments(source)) {
    if (!line.starts_with(kComment)) continue;
    const std::string given = line.substr(kComment.size());
    const auto equals = std::min(given.find('='), given.size());
    const bool set = given.starts_with(kSet);
    const auto variable = variables.find(given.substr(0, equals));
    if (equals == given.size() || (!set && variable == variables.end())) continue;
    const std::string key = set ? trimmed(given.substr(kSet.size(), equals - kSet.size())) : variable->second;
    const std::string where = fmt::format("{}: {}", file, set ? "--set" : variable->first);
    const std::string value = trimmed(given.substr(equals + 1));
    Problems authors, &found = value.find('#') == std::string::npos ? authors : problems;  // older records hold lines such as "[1, # first 2]", of two lines
    add(key, value, where, line, found, out);
  }
  return out;
}

std::vector<Override> overrides(const std::vector<std::string>& sets, Problems& problems) {
  std::vector<Override> out;
  const auto keys = keys_of_variables();
  std::map<std::string, std::string> variables;  // sorted: the environment has no order
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (text.starts_with(kPrefix) && equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [name, value] : variables) {
    if (const auto known = keys.find(name); known != keys.end()) {
      add(known->second, value, name, fmt::format("{}{}={}", kComment, name, value), problems, out);
    } else if (std::find(std::begin(kNoKeys), std::end(kNoKeys), name) == std::end(kNoKeys)) {
      std::vector<std::string> names(std::begin(kNoKeys), std::end(kNoKeys));
      for (const auto& [variable, key] : keys) names.push_back(variable);
      const std::string near = nearest(name, names);
      problems.add("environment", name, near.empty() ? "sets no key; unset it" : fmt::format("sets no key; did you mean {}?", near));
    }
  }
  for (const std::string& set : sets) {
    const auto equals = set.find('=');
    const std::string key = trimmed(set.substr(0, equals));
    if (equals == std::string::npos || key.empty())
      problems.add("--set", set, "is not of the form key=value; write --set train.nodes=8");
    else
      add(key, trimmed(set.substr(equals + 1)), "--set", fmt::format("{}{}{}", kComment, kSet, set), problems, out);
  }
  return out;
}

}  // namespace xib
