#include "harness/sweep/toml_values.hpp"

#include <toml++/toml.h>

#include <algorithm>

#include "harness/core/check.hpp"

namespace xib {
namespace {

// toml++ keeps tables sorted by key; the order of the text matters for [sweep].
std::vector<std::pair<const toml::key*, const toml::node*>> in_order(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  const auto place = [](const auto& e) { return std::pair(e.first->source().begin.line, e.first->source().begin.column); };
  std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return entries;
}

void flatten(const toml::table& table, const std::string& prefix, std::vector<Leaf>& out);

Leaf leaf(const toml::node& node, const std::string& key, int line) {
  Leaf out{.key = key, .line = line};
  if (const auto* integer = node.as_integer()) {
    out.type = Leaf::Type::integer;
    out.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    out.type = Leaf::Type::number;
    out.number = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    out.type = Leaf::Type::flag;
    out.flag = flag->get();
  } else if (const auto* text = node.as_string()) {
    out.type = Leaf::Type::text;
    out.text = text->get();
  } else if (const auto* list = node.as_array()) {
    out.type = Leaf::Type::list;
    for (const auto& item : *list) out.children.push_back(leaf(item, "", static_cast<int>(item.source().begin.line)));
  } else if (const auto* table = node.as_table()) {
    out.type = Leaf::Type::table;
    flatten(*table, "", out.children);
  }
  return out;
}

void flatten(const toml::table& table, const std::string& prefix, std::vector<Leaf>& out) {
  for (const auto& [key, node] : in_order(table)) {
    const std::string full = prefix.empty() ? std::string(key->str()) : fmt::format("{}.{}", prefix, key->str());
    if (const auto* inner = node->as_table(); inner && !inner->empty())
      flatten(*inner, full, out);
    else if (!inner)
      out.push_back(leaf(*node, full, static_cast<int>(key->source().begin.line)));
  }
}

}  // namespace

std::vector<Leaf> parse_toml(std::string_view document, const std::string& file) {
  std::vector<Leaf> leaves;
  try {
    flatten(toml::parse(document, std::string_view(file)), "", leaves);
  } catch (const toml::parse_error& error) {
    refuse_in(fmt::format("{}:{}", file, error.source().begin.line), Key{}, "{} (not TOML)", error.description());
  }
  return leaves;
}

std::string_view describe(const Leaf& leaf) {
  switch (leaf.type) {
    case Leaf::Type::integer:
      return "a whole number";
    case Leaf::Type::number:
      return "a number with a fraction";
    case Leaf::Type::flag:
      return "true or false";
    case Leaf::Type::text:
      return "a text";
    case Leaf::Type::list:
      return "a list";
    case Leaf::Type::table:
      return "a table";
    case Leaf::Type::unsupported:
      return "a date or time";
  }
  return "";
}

std::optional<Value> value_of(const Leaf& leaf, Kind kind) {
  const bool is_list = leaf.type == Leaf::Type::list;
  const auto all = [&](Leaf::Type type) {
    return std::all_of(leaf.children.begin(), leaf.children.end(), [&](const Leaf& child) { return child.type == type; });
  };
  switch (kind) {
    case Kind::integer:
      if (leaf.type == Leaf::Type::integer) return leaf.integer;
      break;
    case Kind::number:
      if (leaf.type == Leaf::Type::integer) return static_cast<double>(leaf.integer);
      if (leaf.type == Leaf::Type::number) return leaf.number;
      break;
    case Kind::flag:
      if (leaf.type == Leaf::Type::flag) return leaf.flag;
      break;
    case Kind::text:
    case Kind::term:
      if (leaf.type == Leaf::Type::text) return leaf.text;
      break;
    case Kind::terms:
    case Kind::texts:
      if (leaf.type == Leaf::Type::text) return std::vector<std::string>{leaf.text};
      if (is_list && all(Leaf::Type::text)) {
        std::vector<std::string> texts;
        for (const auto& child : leaf.children) texts.push_back(child.text);
        return texts;
      }
      break;
    case Kind::integers:
      if (is_list && all(Leaf::Type::integer)) {
        std::vector<std::int64_t> integers;
        for (const auto& child : leaf.children) integers.push_back(child.integer);
        return integers;
      }
      break;
  }
  return std::nullopt;
}

}  // namespace xib
