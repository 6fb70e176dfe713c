#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

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
  const double mine = Catch::Session().run(argc, argv);
  std::vector<double> all(static_cast<std::size_t>(g_world->size()));
  g_world->all_gather({&mine, 1}, std::vector<int>(all.size(), 1), all);
  g_world.reset();
  return static_cast<int>(*std::max_element(all.begin(), all.end()));
}
