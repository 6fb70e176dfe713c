#pragma once

#include "harness/sweep/names.hpp"

namespace xib {

// What a sweep file may say: the names of every table and the checks of a whole run.
const Vocabulary& vocabulary();

}  // namespace xib
