#include "reference/published.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "harness/core/check.hpp"
#include "harness/core/term.hpp"

namespace xib::reference {
namespace {

constexpr std::array<StatusInfo, 2> kStatuses{{
    {"secondary", "read in a source that quotes the paper; not checked against the paper itself"},
    {"unverified", "remembered; a target to compare with, never to be printed as what the paper reports"},
}};

constexpr std::string_view kHeader = "task,model,n,phase,target,arm,value,std,status,source";
constexpr std::size_t kColumns = 10;

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (char c : line) {
    if (c == ',')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

template <class Number>
Number number(const std::string& text, std::string_view column, const std::string& where) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool parsed = error == std::errc{} && end == text.data() + text.size();
  require(parsed && std::isfinite(static_cast<double>(value)), "{}: {} is '{}', which is not a number", where, column, text);
  return value;
}

void check_status(const std::string& status, const std::string& where) {
  std::vector<std::string> known;
  for (const StatusInfo& s : kStatuses) known.emplace_back(s.name);
  if (std::find(known.begin(), known.end(), status) != known.end()) return;
  const std::string near = nearest(status, known);
  refuse("{}: unknown status '{}'{} (a number without a status cannot be shown); known: {}", where, status,
         near.empty() ? "" : fmt::format(", did you mean '{}'?", near), fmt::join(known, ", "));
}

void append(std::vector<Published>& rows, Published row, const std::string& where) {
  require(!find_published(rows, row.table, row.n, row.arm), "{}: a second line for n = {}, {} (arms are looked up by name)", where, row.n, row.arm);
  if (!rows.empty()) {
    const Published& last = rows.back();
    require(last.task == row.task && last.model == row.model, "{}: {}, {} in a table of {}, {} (a table has one of each): give it a file of its own", where,
            row.task, row.model, last.task, last.model);
  }
  rows.push_back(std::move(row));
}

Published parse(const std::string& line, const std::string& table, const std::string& where) {
  const std::vector<std::string> f = split(line);
  require(f.size() == kColumns, "{}: {} fields instead of {} (no field may hold a comma)", where, f.size(), kColumns);
  Published row{.table = table,
                .task = f[0],
                .model = f[1],
                .n = number<int>(f[2], "n", where),
                .phase = f[3],
                .target = f[4],
                .arm = f[5],
                .value = number<double>(f[6], "value", where),
                .std = f[7].empty() ? std::numeric_limits<double>::quiet_NaN() : number<double>(f[7], "std", where),
                .status = f[8],
                .source = f[9]};
  require(!row.task.empty() && !row.arm.empty() && !row.source.empty(), "{}: task, arm and source must be given", where);
  check_status(row.status, where);
  return row;
}

}  // namespace

std::span<const StatusInfo> published_statuses() { return kStatuses; }

std::vector<Published> read_published(const std::string& file) {
  std::ifstream in(file);
  require(in.good(), "{}: cannot be read", file);
  std::string line;
  std::getline(in, line);
  require(line == kHeader, "{}: the first line must be '{}'", file, kHeader);
  std::vector<Published> rows;
  for (int at = 2; std::getline(in, line); ++at) {
    const std::string where = fmt::format("{}:{}", file, at);
    append(rows, parse(line, std::filesystem::path(file).stem().string(), where), where);
  }
  return rows;
}

std::vector<Published> read_published_folder(const std::string& folder) {
  require(std::filesystem::is_directory(folder), "{}: no such folder", folder);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".csv") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<Published> rows;
  for (const std::string& file : files)
    for (Published& row : read_published(file)) rows.push_back(std::move(row));
  return rows;
}

const Published* find_published(std::span<const Published> rows, std::string_view table, int n, std::string_view arm) {
  for (const Published& row : rows)
    if (row.table == table && row.n == n && row.arm == arm) return &row;
  return nullptr;
}

}  // namespace xib::reference
