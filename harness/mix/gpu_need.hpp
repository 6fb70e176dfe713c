#pragma once

namespace xib {

// Bytes of GPU memory of the run that begins, in all: what the message says where memory runs out.
void run_needs_gpu_bytes(double bytes);

}  // namespace xib
