// Times communications under a real MPI, one node per rank: the same functions as on a simulated network.
//   mpirun -n RANKS scale_real DIM REPEATS LATENCY BANDWIDTH COMMUNICATION...
// Prints one JSON object each; seconds are the median, and the closed form is for this latency (s) and bandwidth (B/s).

#include "benchmarks/scale/communications.hpp"
#include "benchmarks/scale/forms.hpp"
#include "harness/comm/mpi_communicator.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  using namespace xib;
  if (argc < 6) return std::fputs("usage: scale_real DIM REPEATS LATENCY BANDWIDTH COMMUNICATION...\n", stderr), 2;
  const auto communicator = make_mpi_communicator();
  const auto dim = static_cast<std::size_t>(std::atol(argv[1]));
  const double latency = std::atof(argv[3]), bandwidth = std::atof(argv[4]);
  std::vector<float> sum(dim);
  const auto all_reduce = [&](std::span<float> x) { MPI_Allreduce(x.data(), sum.data(), static_cast<int>(x.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); };
  const auto sleep_until = [&](double moment) { std::this_thread::sleep_for(std::chrono::duration<double>(moment - communicator->now())); };
  const scale::World world{*communicator, all_reduce, sleep_until, 0.25 + 10 * latency};
  try {
    for (int k = 5; k < argc; ++k) {
      const scale::Timed timed = scale::time_communication(world, argv[k], dim, std::atoi(argv[2]));
      if (communicator->rank() == 0) fmt::print("{}\n", scale::line(argv[k], communicator->size(), dim, timed.rounds, timed.seconds, latency, bandwidth));
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale_real: {}\n", error.what());
    communicator->abort(2);
  }
  return 0;
}
