#pragma once

#include <string>

#include "harness/gap/gap_table.hpp"

namespace xib {

// Lookup of published values for a run: the value of its arm and number of nodes in a table with the settings of the run, and the difference to the centralized
// arm if the run's baseline is that arm with the same settings. Throws Error(input) if a table or a settings file cannot be read, or if settings belong to a
// table that is missing.
PublishedLookup published_lookup(const std::string& folder);

std::string published_folder();  // beside an installed program, else in the source tree of the build

}  // namespace xib
