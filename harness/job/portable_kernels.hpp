#pragma once

namespace xib {

// LibTorch, oneDNN and OpenBLAS choose their kernels by the CPU, and kernels of other widths sum in another order: the same run would get other bits on an
// AVX-512 machine than on one without. A program built for x86-64-v3, which is every machine's since AVX2, pins them to AVX2 and so gives the same bits on
// all of these, at the cost of some speed; built with -DXB_MARCH=native it takes what the CPU offers. What the environment says already is left alone. The
// libraries look at the environment while they are loaded (task/networks.hpp): call this first, while the process has one thread.
void pin_kernels();

}  // namespace xib
