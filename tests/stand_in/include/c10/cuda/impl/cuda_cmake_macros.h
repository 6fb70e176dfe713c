#pragma once

// A LibTorch without CUDA brings the headers of its CUDA part, but for this one, which its build would have made. With it they can be compiled, not linked.
#define C10_CUDA_BUILD_SHARED_LIBS
