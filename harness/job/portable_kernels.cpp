#include "harness/job/portable_kernels.hpp"

#include <cstdlib>

namespace xib {

void pin_kernels() {
#ifdef XB_PORTABLE_KERNELS
  setenv("ATEN_CPU_CAPABILITY", "avx2", 0);
  setenv("DNNL_MAX_CPU_ISA", "AVX2", 0);
  setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
}

}  // namespace xib
