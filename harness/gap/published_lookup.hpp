#pragma once

#include <string>

#include "harness/gap/gap_table.hpp"

namespace xib {

// Finds what was published for a run: the value of its arm and number of nodes in a table that was made with the settings of the run, and
// the difference to the centralized arm where the run's baseline is that arm with the same settings. Throws Error(input) for a table or a
// settings file that cannot be read, or settings of a table that is not there.
PublishedLookup published_lookup(const std::string& folder);

std::string published_folder();  // beside an installed program, else of the source tree that it was built from

}  // namespace xib
