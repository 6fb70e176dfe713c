#pragma once

#include "harness/sweep/names.hpp"

namespace xib {

// Vocabulary of sweep files: the names in every table, and the checks of a whole run.
const Vocabulary& vocabulary();

}  // namespace xib
