#pragma once

namespace xib {

// Denormals count as zero from here on, in this thread: for its operands and for its results (FTZ and DAZ of x86, FZ of ARM). They make sums tens of times
// slower and carry no information here. Every thread that computes calls this, so that all of them round alike.
void flush_denormals();

}  // namespace xib
