#pragma once

namespace xib {

// Pins LibTorch, oneDNN and OpenBLAS to their AVX2 kernels. These libraries choose kernels by the CPU, and kernels of other widths sum in another order, so the
// same run would have other bits on a machine with AVX-512. A program built for x86-64-v3 (all machines with AVX2) therefore pins them, at the cost of some
// speed. A program built with -DXB_MARCH=native does not. Variables that are already set in the environment stay. The libraries read the environment when they
// are loaded (task/networks.hpp), so call this first, while the process has one thread.
void pin_kernels();

}  // namespace xib
