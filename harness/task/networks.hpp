#pragma once

#include "harness/task/torch_task.hpp"

namespace xib {

// Functions that need LibTorch: the one way from the rest of the harness to it. LibTorch brings some 250 libraries, which take half a second of processor time
// to load, so the program keeps it in a library beside it, which is loaded when a run first needs a network (networks_loaded.cpp). Tests and benchmarks link it
// (networks_linked.cpp). The functions: torch_task.hpp.
struct Networks {
  const char* version;  // of xibench: a library of another build is refused
  decltype(&make_torch_task) make_task;
  decltype(&make_torch_device_task) make_device_task;
  decltype(&torch_device_problem) device_problem;
};

// Throws Error(input) where the library is missing or is another build's.
const Networks& networks();

// networks_table.cpp: of the library, by this name.
extern "C" const Networks xibench_networks;

}  // namespace xib
