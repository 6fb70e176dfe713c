#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Message of every look-up in a closed set for a name that is not in it: "unknown WHAT 'NAME', did you mean 'NEAR'?; known: ...".
std::string unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known);
// Throws this message as Error(input) for the key.
[[noreturn]] void refuse_name(std::string_view key, std::string_view what, std::string_view name, const std::vector<std::string>& known);

// Names of the rows of a table: topologies, policies, algorithms, ... Each row has a `name`.
template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

// Row of a table with this name. Throws Error(input) with the nearest name and all names.
template <class Table>
const auto& row_of(const Table& table, std::string_view name, std::string_view what, std::string_view key = "") {
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.name == name; });
  if (row == table.end()) refuse_name(key, what, name, names_of(table));
  return *row;
}

}  // namespace xib
