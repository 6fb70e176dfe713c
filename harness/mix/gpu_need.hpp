#pragma once

namespace xib {

// Sets the GPU memory that the run needs in all, for the message when memory runs out.
void run_needs_gpu_bytes(double bytes);

}  // namespace xib
