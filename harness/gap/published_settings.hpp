#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/sweep/cells.hpp"

namespace xib {

// Settings of the runs of published tables: one *.toml of reference/kong2021.
struct PublishedSettings {
  std::string path;
  std::vector<std::string> tables;              // names of the tables, which are their files without .csv
  Settings values;                              // for any number of nodes
  std::map<std::string, Settings> of_nodes;     // number of nodes -> further settings; empty: no setting depends on it
  std::map<std::string, std::string> statuses;  // dotted key -> status of the setting
};

// Reads the files of a folder in the order of their names. Throws Error(input), which names the file, if it is not TOML, has no tables, has a section that is
// not a status, or if two files have settings of one table.
std::vector<PublishedSettings> read_published_settings(const std::string& folder);

// First key, in alphabetical order, by which a resolved configuration differs from these settings; nullopt: it is the same experiment. All of data.*, model.*
// and train.* must be stated and equal, except algorithm, nodes and device; all other stated keys must be equal. topology.* and control.* are ignored for the
// centralized algorithm.
std::optional<std::string> differing_setting(const PublishedSettings& settings, const std::string& config_json);

}  // namespace xib
