#pragma once

#include "harness/task/torch_task.hpp"

namespace xib {

// Functions that need LibTorch (torch_task.hpp): the one way from the rest of the harness to it. LibTorch brings some 250 libraries, which take half a second
// of processor time to load. So the program keeps it in a library beside it and loads that when a run first needs a network (networks_loaded.cpp). Tests and
// benchmarks link it (networks_linked.cpp).
struct Networks {
  const char* version;  // of xibench: a library of another build is refused
  decltype(&make_torch_task) make_task;
  decltype(&make_torch_device_task) make_device_task;
  decltype(&torch_device_problem) device_problem;
};

// Throws Error(input) if the library is missing or belongs to another build.
const Networks& networks();

// Table of the library (networks_table.cpp), found by this name.
extern "C" const Networks xibench_networks;

}  // namespace xib
