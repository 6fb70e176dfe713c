#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "harness/cli/all_reduce.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/preflight_checks.hpp"
#include "harness/cli/preflight_places.hpp"
#include "harness/comm/collective.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/text.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/ranks.hpp"
#include "harness/job/watchdog.hpp"
#include "harness/run/accelerator.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  PreflightLimits limits;
  std::optional<int> threads;
  std::string device = "cpu", all_reduce_file;
  double all_reduce_floor = 0.7, all_reduce_mebibytes = 256;
  double stall_seconds = 60;
  bool json = false;
};

std::string node_name() {
  const char* slurms = std::getenv("SLURMD_NODENAME");
  return slurms && *slurms ? slurms : host_name();
}

RankPlace this_place(int threads) {
  RankPlace place{.node = node_name(), .processors = {}, .online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)), .threads = threads};
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    for (int k = 0; k < CPU_SETSIZE; ++k)
      if (CPU_ISSET(k, &set)) place.processors.push_back(k);
  return place;
}

// Bytes per second of the fastest of several copies, each larger than a core's share of any cache.
double copy_bandwidth() {
  constexpr std::size_t kBytes = std::size_t{32} << 20;
  constexpr int kCopies = 20;
  std::vector<unsigned char> from(kBytes, 1), to(kBytes, 2);
  double best = 0;
  for (int copy = 0; copy < kCopies; ++copy) {
    from[static_cast<std::size_t>(copy)] = static_cast<unsigned char>(copy);
    const auto begun = std::chrono::steady_clock::now();
    std::memcpy(to.data(), from.data(), kBytes);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (to[static_cast<std::size_t>(copy)] != from[static_cast<std::size_t>(copy)]) return kNaN;
    if (took > 0) best = std::max(best, static_cast<double>(kBytes) / took);
  }
  return best;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string failing(const Preflight& preflight) {
  std::vector<std::string> names;
  for (const auto& node : preflight.nodes)
    if (!node.problems.empty()) names.push_back(node.node);
  return fmt::format("{}", fmt::join(names, ","));
}

void print_json(const Options& o, const Preflight& preflight) {
  Json out = {
      {"schema", "xibench-preflight"}, {"schema_version", 1}, {"ranks", preflight.places.size()}, {"floor", o.limits.floor}, {"exclude", failing(preflight)}};
  out["all_reduce"] = {{"bytes_per_s", number(preflight.all_reduce)}, {"first_bytes_per_s", number(preflight.first_all_reduce)}, {"floor", o.all_reduce_floor}};
  out["launch_problems"] = preflight.launch_problems;
  out["remarks"] = preflight.remarks;
  for (const auto& node : preflight.nodes)
    out["nodes"].push_back({{"node", node.node},
                            {"ranks", node.ranks},
                            {"memory_bytes_per_s", number(node.memory_bandwidth)},
                            {"network_bytes_per_s", number(node.network_bandwidth)},
                            {"problems", node.problems}});
  for (std::size_t rank = 0; rank < preflight.places.size(); ++rank) {
    const RankPlace& place = preflight.places[rank];
    out["places"].push_back(
        {{"rank", rank}, {"node", place.node}, {"processors", place.processors}, {"online", place.online}, {"threads", place.threads}, {"device", o.device}});
  }
  fmt::print("{}\n", json_text(out));
}

void print_table(const Preflight& preflight) {
  std::vector<std::vector<std::string>> rows = {{"node", "ranks", "processors", "threads", "memory GB/s", "network GB/s", "verdict"}};
  for (const auto& node : preflight.nodes) {
    const RankPlace& place = preflight.places[static_cast<std::size_t>(node.ranks.front())];
    rows.push_back({node.node, fmt::format("{}", node.ranks.size()), fmt::format("{}", place.processors.size()), fmt::format("{}", place.threads),
                    cell(node.memory_bandwidth, 1e9, 3), cell(node.network_bandwidth, 1e9, 3), node.problems.empty() ? "fit" : "failing"});
  }
  fmt::print("{}", text_table(rows));
  if (std::isfinite(preflight.all_reduce))
    fmt::print("all-reduce between GPUs: {:.3g} GB/s, first at this site {:.3g}\n", preflight.all_reduce / 1e9, preflight.first_all_reduce / 1e9);
}

int told(const Options& o, const Preflight& preflight) {
  o.json ? print_json(o, preflight) : print_table(preflight);
  for (const auto& remark : preflight.remarks) notify("xibench: preflight: {}\n", remark);
  for (const auto& problem : preflight.launch_problems)
    notify(
        "xibench: preflight: {}: ranks are bound to too few processors on every node: give each rank its own with srun --cpus-per-task and --cpu-bind=cores, or mpirun --map-by PE=N\n",
        problem);
  for (const auto& node : preflight.nodes)
    for (const auto& problem : node.problems) notify("xibench: preflight: node {}: {}\n", node.node, problem);
  if (!failing(preflight).empty()) return static_cast<int>(Fault::work);
  return preflight.launch_problems.empty() ? 0 : static_cast<int>(Fault::input);
}

// A rank that hangs tells nothing, and its node is known from the others: slurm/preflight.sh counts the ranks of every node that "wait for others".
constexpr std::string_view kWaits = "waits for others";

// Watches the start of MPI, before which there is no communicator: a rank that has not met the others after `seconds` says so, and ends after twice that.
std::jthread watch_meeting(double seconds) {
  if (!(seconds > 0 && seconds <= 1e6)) return {};
  return std::jthread([pause = std::chrono::duration<double>(seconds)](const std::stop_token& met) {
    std::mutex mutex;
    std::condition_variable_any waiting;
    std::unique_lock lock(mutex);
    const auto waited = [&] { return waiting.wait_for(lock, met, pause, [] { return false; }), !met.stop_requested(); };
    if (!waited()) return;
    notify("xibench: preflight: node {}: a rank {} in MPI_Init since {:.0f} s\n", node_name(), kWaits, pause.count());
    if (waited()) std::_Exit(static_cast<int>(Fault::work));
  });
}

// Ends all ranks because one hangs; the watchdog's thread calls it. The others get a moment to report for whom they wait.
void end_hanging(Communicator& communicator, const std::string& report) {
  std::signal(SIGALRM, SIG_DFL);
  alarm(20);  // an MPI that hangs must not keep this process
  notify("xibench: preflight: node {}: rank {} {}: {}\n", node_name(), communicator.rank(),
         communicator.activity().operation.empty() ? "hangs by itself" : kWaits, report);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  communicator.abort(static_cast<int>(Fault::work));
}

// The card's name, the second of what a device says of itself.
std::string card(const Device& device) {
  const std::string all = device.description();
  const auto begin = all.find(", ") + 2;
  return all.substr(begin, all.find(", ", begin) - begin);
}

// Collective, after all GPUs have answered: the all-reduce between them against the first one of this site. `found` is rank 0's.
void check_all_reduce(Communicator& world, const Options& o, Preflight& found) {
  const DeviceChoice choice = parse_device(o.device);
  if (choice.kind != "cuda" || !from_rank_0<bool>(world, [&] { return failing(found).empty(); })) return;
  Accelerator gpu(world, choice, o.stall_seconds > 0 ? o.stall_seconds : 3600);  // ranks that would share a GPU are refused here
  if (world.size() == 1) return;
  Communicator& c = gpu.communicator();
  const std::vector<int> node_of = nodes_of_ranks(world, found.places);
  const auto floats = static_cast<std::size_t>(o.all_reduce_mebibytes) << 18;
  const AllReduceSpeed measured = measure_all_reduce(c, &gpu.device(), floats);
  const auto report = [&](int node) -> NodeReport& { return found.nodes[static_cast<std::size_t>(node)]; };
  const bool slow = from_rank_0<bool>(world, [&] {
    for (const int rank : measured.wrong)
      report(node_of[static_cast<std::size_t>(rank)]).problems.push_back(fmt::format("rank {}: wrong numbers from an all-reduce between GPUs", rank));
    found.all_reduce = measured.bandwidth;
    if (!measured.wrong.empty() || o.all_reduce_file.empty() || !std::isfinite(measured.bandwidth)) return false;
    const std::string job = fmt::format("{} nodes, {} ranks, {} MiB, {}", found.nodes.size(), world.size(), o.all_reduce_mebibytes, card(gpu.device()));
    found.first_all_reduce = first_at_site(o.all_reduce_file, job, measured.bandwidth);
    return measured.bandwidth < o.all_reduce_floor * found.first_all_reduce;
  });
  if (!slow) return;
  const std::vector<double> pairs = measure_pairs(c, &gpu.device(), node_of, floats / 8);
  if (world.rank() != 0) return;
  for (const int node : slowest_nodes(pairs, o.limits.floor))
    report(node).problems.push_back(fmt::format(
        "an all-reduce of {} MiB over {} ranks reaches {:.3g} GB/s, {:.2g} of the {:.3g} GB/s that this site had first ({}); at least {:.2g} of it is expected; in pairs this node reaches {:.3g} GB/s",
        o.all_reduce_mebibytes, world.size(), found.all_reduce / 1e9, found.all_reduce / found.first_all_reduce, found.first_all_reduce / 1e9,
        o.all_reduce_file, o.all_reduce_floor, pairs[static_cast<std::size_t>(node)] / 1e9));
}

int preflight(const Options& o) {
  std::jthread meeting = watch_meeting(o.stall_seconds);
  const auto world = make_world();
  meeting = {};
  Communicator& communicator = *world;
  try {
    const int threads = on_every_rank(communicator, [&] {
      if (parse_device(o.device).kind == "cuda" && !cuda_problem().empty()) refuse(Key{"train.device"}, "{}", cuda_problem());
      require(o.limits.floor > 0 && o.limits.floor < 1, Key{"--floor"}, "{} is not a share between 0 and 1", o.limits.floor);
      require(o.limits.seconds > 0 && o.limits.seconds <= 3600, Key{"--seconds"}, "{} is not a number of seconds up to an hour", o.limits.seconds);
      require(o.stall_seconds >= 0 && std::isfinite(o.stall_seconds), Key{"--stall-seconds"}, "{} is not a number of seconds", o.stall_seconds);
      require(o.all_reduce_floor > 0 && o.all_reduce_floor < 1, Key{"--all-reduce-floor"}, "{} is not a share between 0 and 1", o.all_reduce_floor);
      require(o.all_reduce_mebibytes >= 1 && o.all_reduce_mebibytes <= 65536, Key{"--all-reduce-mebibytes"}, "{} is not between 1 and 65536",
              o.all_reduce_mebibytes);
      const int given = o.threads ? *o.threads : default_threads();
      require(given >= 1 && given <= 1024, Key{"--threads"}, "{} is not between 1 and 1024", given);
      return given;
    });
    const Watchdog watchdog(communicator, o.stall_seconds, [&](const std::string& report) { end_hanging(communicator, report); });
    const Probe probe{.place = [&] { return this_place(threads); },
                      .memory_bandwidth = copy_bandwidth,
                      .device_problem = [&] { return gpu_problem(parse_device(o.device)); }};
    Preflight found = check_before_flight(communicator, probe, o.limits);
    check_all_reduce(communicator, o, found);
    return from_rank_0<int>(communicator, [&] { return told(o, found); });
  } catch (const std::exception& error) {
    return end_for(error, communicator);
  }
}

}  // namespace

Command add_preflight(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("--threads", o->threads, "threads per rank, as for run (default: the processors of this process)");
  command.add_option("--device", o->device, "cpu, cuda or cuda:K, as for run")->capture_default_str();
  command.add_option(
      "--all-reduce-file", o->all_reduce_file,
      "with --device cuda: file with the first all-reduce bandwidth of each kind of job; later jobs must reach a share of it (default: no check)");
  command.add_option("--all-reduce-floor", o->all_reduce_floor, "share of the first bandwidth that an all-reduce must reach")->capture_default_str();
  command.add_option("--all-reduce-mebibytes", o->all_reduce_mebibytes, "mebibytes per rank in the all-reduce")->capture_default_str();
  command.add_option("--floor", o->limits.floor, "share of the nodes' median that memory and network bandwidth must reach (with three nodes or more)")
      ->capture_default_str();
  command.add_option("--seconds", o->limits.seconds, "seconds after which it measures no further pair of nodes")->capture_default_str();
  command
      .add_option("--stall-seconds", o->stall_seconds,
                  "seconds without progress after which all ranks name the ranks that they wait for and end (in MPI_Init after twice as long); 0: never")
      ->capture_default_str();
  command.add_flag("--json", o->json, "print JSON; \"exclude\" lists the failing nodes in Slurm's notation");
  return [o] { return preflight(*o); };
}

}  // namespace xib
