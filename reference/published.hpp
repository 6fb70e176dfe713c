#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib::reference {

// How far a published number can be trusted. Whoever prints one prints its status with it.
struct StatusInfo {
  std::string_view name, meaning;
};
std::span<const StatusInfo> published_statuses();

// One number of a published table. kong2021/*.csv has these columns in this order.
struct Published {
  std::string table;  // the name of its file without .csv: one task and model, trained with the same settings
  std::string task, model;
  int n = 0;
  std::string phase, target;  // of controlled arms: the controlled phase; "max", "1/2", "1/4" of Ξ_max; else empty
  std::string arm;            // unique for a table and n
  double value = 0;           // test top-1 in percent; arms named "gap ...": points of it against centralized
  double std = 0;             // over seeds; NaN where none is known
  std::string status, source;
};

// Throws Error(input) with file and line on a wrong header, a wrong number of fields, a number that does not parse, an unknown status,
// an empty source, another task or model than the line before, or a second line for an arm and n.
std::vector<Published> read_published(const std::string& file);
std::vector<Published> read_published_folder(const std::string& folder);  // all *.csv of it, in the order of their names

// nullptr: nothing was published (that we know of).
const Published* find_published(std::span<const Published> rows, std::string_view table, int n, std::string_view arm);

}  // namespace xib::reference
