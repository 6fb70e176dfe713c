// Times one communication on a network that SimGrid simulates: every rank of the harness's MPI communicator is an actor of this process (SMPI).
//   scale_simulate PLATFORM NODES DIM LATENCY BANDWIDTH COMMUNICATION [--cfg=KEY:VALUE ...]
// Rank k is on host "n<k>" of the platform. Prints one JSON object; the closed form in it is for this latency (s) and bandwidth (B/s).

#include "benchmarks/scale/communications.hpp"
#include "benchmarks/scale/forms.hpp"
#include "harness/comm/mpi_communicator.hpp"

#include <fmt/format.h>
#include <mpi.h>
#include <simgrid/s4u.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

// Exported by the library, but in none of its installed headers. SMPI_init() knows the name of a setting and has already read its value when a program that is
// not smpirun's can give it, so the choice of collectives is read again.
namespace simgrid::smpi::colls {
void set_collectives();
}

// SMPI says MPI_THREAD_SINGLE whatever is asked. Its ranks are threads of one process that never run at the same time, and node threads are off here: the
// linker calls this before SMPI's own (--wrap), and the harness gets the level that it asked for.
extern "C" {
int __real_MPI_Init_thread(int* argc, char*** argv, int required, int* provided);

int __wrap_MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  const int code = __real_MPI_Init_thread(argc, argv, required, provided);
  *provided = required;
  return code;
}
}

namespace xib::scale {
namespace {

struct Task {
  std::string name;
  std::size_t dim;
  double latency_s, bandwidth;
};

void run_rank(const Task& task) {
  const auto communicator = make_mpi_communicator();
  try {
    std::vector<float> sum(task.dim);
    const auto all_reduce = [&](std::span<float> x) { MPI_Allreduce(x.data(), sum.data(), static_cast<int>(x.size()), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); };
    const World world{*communicator, all_reduce, [](double moment) { simgrid::s4u::this_actor::sleep_until(moment); }, 1000};
    const Timed timed = time_communication(world, task.name, task.dim, 1);
    if (communicator->rank() == 0)
      fmt::print("{}\n", line(task.name, communicator->size(), task.dim, timed.rounds, timed.seconds, task.latency_s, task.bandwidth));
    std::fflush(stdout);
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale_simulate: {}\n", error.what());
    std::_Exit(2);
  }
}

}  // namespace
}  // namespace xib::scale

int main(int argc, char** argv) {
  std::vector<char*> words;
  std::vector<std::string> settings;
  for (int k = 0; k < argc; ++k)
    if (const std::string_view word = argv[k]; word.starts_with("--cfg="))
      settings.emplace_back(word.substr(6));
    else
      words.push_back(argv[k]);
  int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  simgrid::s4u::Engine engine(&count, words.data());
  SMPI_init();
  if (count != 7) return std::fputs("usage: scale_simulate PLATFORM NODES DIM LATENCY BANDWIDTH COMMUNICATION [--cfg=KEY:VALUE ...]\n", stderr), 2;
  for (const std::string& setting : settings) simgrid::s4u::Engine::set_config(setting);
  simgrid::smpi::colls::set_collectives();
  engine.load_platform(words[1]);
  const int nodes = std::atoi(words[2]);
  const xib::scale::Task task{words[6], static_cast<std::size_t>(std::atol(words[3])), std::atof(words[4]), std::atof(words[5])};
  SMPI_app_instance_register("scale", nullptr, nodes);
  for (int rank = 0; rank < nodes; ++rank) {
    const auto actor = simgrid::s4u::Actor::init(fmt::format("rank {}", rank), simgrid::s4u::Host::by_name(fmt::format("n{}", rank)));
    actor->set_property("instance_id", "scale");
    actor->set_property("rank", fmt::format("{}", rank));
    actor->start([&task] { xib::scale::run_rank(task); });
  }
  engine.run();
  SMPI_finalize();
  return 0;
}
