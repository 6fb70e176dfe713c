#include "harness/gap/published_lookup.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/process.hpp"
#include "harness/gap/published_arm.hpp"
#include "harness/gap/published_settings.hpp"
#include "reference/published.hpp"

namespace xib {
namespace {

struct Tables {
  std::vector<PublishedSettings> settings;
  std::vector<reference::Published> rows;
};

Tables read_tables(const std::string& folder) {
  Tables tables{read_published_settings(folder), reference::read_published_folder(folder)};
  for (const auto& settings : tables.settings)
    for (const auto& table : settings.tables)
      require(std::any_of(tables.rows.begin(), tables.rows.end(), [&](const auto& row) { return row.table == table; }),
              "{}: there is no table {}.csv beside it", settings.path, table);
  return tables;
}

int nodes_of(const std::string& config_json) {
  return nlohmann::json::parse(config_json).value("/train/nodes"_json_pointer, 0);  // a configuration that has an arm is JSON
}

std::optional<PublishedValue> find(const Tables& tables, const PublishedSettings& settings, int n, const std::string& arm) {
  for (const auto& table : settings.tables)
    if (const auto* row = reference::find_published(tables.rows, table, n, arm)) return PublishedValue{row->value, row->std, row->status, row->source};
  return std::nullopt;
}

}  // namespace

PublishedLookup published_lookup(const std::string& folder) {
  return [tables = read_tables(folder)](const FinishedRun& run, const FinishedRun* baseline) -> PublishedValues {
    const std::string arm = published_arm(run.config_json);
    if (arm.empty()) return {};
    for (const auto& settings : tables.settings) {
      if (differing_setting(settings, run.config_json)) continue;
      const int n = nodes_of(run.config_json);
      PublishedValues values{find(tables, settings, n, arm), std::nullopt};
      if (baseline && published_arm(baseline->config_json) == "centralized" && !differing_setting(settings, baseline->config_json))
        values.difference = find(tables, settings, n, "gap " + arm);
      return values;
    }
    return {};
  };
}

std::string published_folder() {
  const std::string installed = folder_of_program() + "/" XB_PUBLISHED_FROM_BIN;
  return look_at(installed).kind == Place::Kind::folder ? installed : XB_PUBLISHED_DIR;
}

}  // namespace xib
