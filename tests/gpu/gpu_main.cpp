#define CATCH_CONFIG_RUNNER
#include "harness/core/check.hpp"
#include "harness/mix/device.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

// Of the programs that want a GPU: where none answers, they are skipped and say why.
int main(int argc, char** argv) {
  try {
    xib::make_cuda_device(0);
  } catch (const xib::Error& error) {
    std::printf("skipped: %s\n", error.what());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
