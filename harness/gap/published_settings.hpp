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
  std::vector<std::string> tables;              // names of the tables, their files without .csv
  Settings values;                              // for any number of nodes
  std::map<std::string, Settings> of_nodes;     // number of nodes -> what else holds for it; empty: nothing depends on it
  std::map<std::string, std::string> statuses;  // dotted key -> how it is known
};

// The files of a folder in the order of their names. Throws Error(input) naming the file: no TOML, no tables, a table with settings in two
// files, a section that is no status.
std::vector<PublishedSettings> read_published_settings(const std::string& folder);

// The first key, in alphabetical order, by which a resolved configuration differs from these settings; nullopt: the same experiment.
// All of data.*, model.* and train.* must be stated and equal, and whatever else is stated; only algorithm, nodes and device are free.
// topology.* and control.* do not count for the centralized algorithm.
std::optional<std::string> differing_setting(const PublishedSettings& settings, const std::string& config_json);

}  // namespace xib
