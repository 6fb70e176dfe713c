#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "harness/comm/collective.hpp"
#include "harness/comm/mpi_communicator.hpp"
#include "tests/mpi_world.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace {
std::unique_ptr<xib::Communicator> g_world;
}

xib::Communicator& mpi_world() { return *g_world; }

// All ranks end with the worst of their statuses, so that a failure on one of them cannot pass unseen.
int main(int argc, char** argv) {
  g_world = xib::make_mpi_communicator();
  const std::vector<double> all = xib::of_all_ranks(*g_world, Catch::Session().run(argc, argv));
  g_world.reset();
  return static_cast<int>(*std::max_element(all.begin(), all.end()));
}
