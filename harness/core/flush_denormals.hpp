#pragma once

namespace xib {

// Makes denormals zero in this thread from now on, as operands and as results (FTZ and DAZ of x86, FZ of ARM). Denormals make sums tens of times slower and
// carry no information here. Every thread that computes calls this, so that all threads round alike.
void flush_denormals();

}  // namespace xib
