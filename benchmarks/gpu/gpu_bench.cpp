// gpu_bench copy | gossip | hold [--device cpu|cuda] [--nodes N] [--dim D] [--repeat R] [--mebibytes M] [--seconds S] [--timeout T]
//
//   copy    times a copy of M MiB in the device's memory: bytes read and written per second
//   gossip  times one round on a ring, ten rounds, Xi, the Gram matrix and the mean of N x D parameters over all ranks. First compares each with the host's
//           bits on a small matrix. Prints seconds (the best of R) and the least bytes that must be read and written, as a share of the copy bandwidth
//   hold    lets ranks exchange for S seconds, so that one of them can be killed
//
// The last line of rank 0 is one JSON object. Exit status 1 if bits differ.
#include "harness/comm/collective.hpp"
#include "harness/comm/nccl_communicator.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/random.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <map>

namespace xib {
namespace {

struct Options {
  std::string task, device = "cuda";
  std::map<std::string, double> numbers = {{"nodes", 32}, {"dim", 269722}, {"repeat", 10}, {"mebibytes", 1024}, {"seconds", 60}, {"timeout", 600}};
  double of(const std::string& name) const { return numbers.at(name); }
};

Options parse(int argc, char** argv) {
  Options o;
  require(argc >= 2, "usage: gpu_bench copy|gossip|hold [--device cpu|cuda] [--nodes N] [--dim D] [--repeat R] [--mebibytes M] [--seconds S] [--timeout T]");
  o.task = argv[1];
  require(o.task == "copy" || o.task == "gossip" || o.task == "hold", "'{}' must be copy, gossip or hold", o.task);
  for (int k = 2; k < argc; k += 2) {
    const std::string flag = argv[k];
    require(k + 1 < argc, "{}: needs a value", flag);
    const std::string value = argv[k + 1];
    if (flag == "--device") {
      require(value == "cpu" || value == "cuda", "--device: '{}' must be cpu or cuda", value);
      o.device = value;
      continue;
    }
    const auto number = flag.starts_with("--") ? o.numbers.find(flag.substr(2)) : o.numbers.end();
    require(number != o.numbers.end(), "{}: there is no such option", flag);
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number->second);
    require(problem == std::errc() && end == value.data() + value.size() && number->second >= 1 && number->second <= 1e10,
            "{}: '{}' is not a number from 1 to 1e10", flag, value);
  }
  return o;
}

// A rank, its device and what reaches the others'.
struct Place {
  explicit Place(const Options& o) : world(make_world()) {
    if (o.device == "cpu") return;
    const int number = on_every_rank(*world, [&] {
      const int visible = cuda_device_count();
      require(visible > 0, "there is no GPU");
      const int mine = local_rank() % visible;
      device = make_cuda_device(mine);
      return mine;
    });
    if (world->size() > 1 && !nccl_version().empty()) nccl = make_nccl_communicator(*world, {number, o.of("timeout")});
  }
  Communicator& communicator() { return nccl ? *nccl : *world; }
  std::unique_ptr<Communicator> world;
  std::unique_ptr<Device> device;
  std::unique_ptr<Communicator> nccl;
  ThreadPool pool{1};
};

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

MixingSchedule ring(int nodes) { return make_mixing("ring", "uniform", nodes, 1); }

// Every rank fills its rows alike, whatever the number of ranks is.
void fill(NodeMatrix& x, const NodeLayout& layout) {
  std::vector<float> row(x.dim());
  for (int k = 0; k < x.count(); ++k) {
    RandomStream stream(1, Purpose::problem, static_cast<std::uint32_t>(layout.mine().first + k));
    for (auto& value : row) value = static_cast<float>(stream.uniform()) - 0.5f;
    x.write_row(k, row);
  }
}

template <class Body>
double best_seconds(Place& place, int repeat, const Body& body) {
  double best = 1e300;
  for (int k = 0; k <= repeat; ++k) {  // the first one warms up
    if (place.device) place.device->settle();
    place.communicator().barrier();
    const double from = seconds();
    body();
    if (place.device) place.device->settle();
    place.communicator().barrier();
    if (k > 0) best = std::min(best, seconds() - from);
  }
  return best;
}

// Bytes of this rank's rows, and all numbers, after gossip, measuring and averaging.
std::vector<std::byte> outcome(Communicator& communicator, ThreadPool& pool, Device* device, int nodes, std::size_t dim) {
  const NodeLayout layout{nodes, communicator.size(), communicator.rank()};
  const MixingSchedule schedule = ring(nodes);
  Mixer mixer(communicator, pool, layout, dim, schedule);
  NodeStatistics statistics(communicator, pool, layout, dim);
  NodeMatrix x(layout.mine().count, dim, device);
  fill(x, layout);
  mixer.rounds(x, 0, 5, 0.75);
  const auto moments = statistics.measure(x, Gram::yes);
  std::vector<float> row(dim);
  std::vector<std::byte> all;
  const auto append = [&](const auto& values) {
    const auto bytes = std::as_bytes(std::span(values));
    all.insert(all.end(), bytes.begin(), bytes.end());
  };
  for (int pass = 0; pass < 2; ++pass, statistics.average(x))
    for (int k = 0; k < x.count(); ++k) {
      x.read_row(k, row);
      append(row);
    }
  append(moments.gram);
  append(moments.squared_distance);
  return all;
}

// Whether the device's bits are those of the host, over the same ranks.
void require_bits(Place& place, int nodes) {
  if (!place.device) return;
  const auto host = outcome(*place.world, place.pool, nullptr, nodes, 100003),
             there = outcome(place.communicator(), place.pool, place.device.get(), nodes, 100003);
  on_every_rank(*place.world, [&] {
    if (host != there) fail("rank {}: the device has other bits than the host", place.world->rank());
    return 0;
  });
}

double copy_bandwidth(Place& place, const Options& o) {
  const auto floats = static_cast<std::size_t>(o.of("mebibytes")) << 18;
  NodeMatrix from(1, floats, place.device.get()), to(1, floats, place.device.get());
  return 8.0 * static_cast<double>(floats) / best_seconds(place, 5, [&] { to.copy_row(0, from, 0); });
}

void gossip(Place& place, const Options& o) {
  const int nodes = static_cast<int>(o.of("nodes")), repeat = static_cast<int>(o.of("repeat"));
  const auto dim = static_cast<std::size_t>(o.of("dim"));
  Communicator& c = place.communicator();
  require(c.size() <= nodes, "{} ranks and {} nodes: every rank needs one", c.size(), nodes);
  require_bits(place, nodes);
  const double bandwidth = copy_bandwidth(place, o);
  const NodeLayout layout{nodes, c.size(), c.rank()};
  const MixingSchedule schedule = ring(nodes);
  Mixer mixer(c, place.pool, layout, dim, schedule);
  NodeStatistics statistics(c, place.pool, layout, dim);
  NodeMatrix x(layout.mine().count, dim, place.device.get());
  fill(x, layout);
  std::vector<float> mean(dim);
  std::string text = fmt::format("{{\"nodes\": {}, \"dim\": {}, \"ranks\": {}, \"device\": \"{}\", \"same_bits_as_host\": {}, \"copy_bytes_per_s\": {:.6g}",
                                 nodes, dim, c.size(), place.device ? place.device->description() : "cpu", place.device ? "true" : "null", bandwidth);
  // The least that a rank reads and writes: its rows once, in and out where they change.
  const double rows = 4.0 * static_cast<double>(x.count()) * static_cast<double>(dim);
  const auto add = [&](const char* name, double bytes, const auto& body) {
    const double took = best_seconds(place, repeat, body);
    text += fmt::format(", \"{}\": {{\"seconds\": {:.6g}, \"share_of_copy\": {:.4f}}}", name, took, bytes / took / bandwidth);
  };
  add("one_round", 2 * rows, [&] { mixer.rounds(x, 0, 1); });
  add("ten_rounds", 2 * rows, [&] { mixer.rounds(x, 0, 10); });
  add("distance", rows, [&] { statistics.measure(x); });
  add("gram", rows, [&] { statistics.measure(x, Gram::yes); });
  add("average", 2 * rows, [&] { statistics.average(x); });
  if (c.rank() == 0) fmt::print("{}}}\n", text);
}

void hold(Place& place, const Options& o) {
  Communicator& c = place.communicator();
  fmt::print("rank {} process {}\n", c.rank(), getpid());
  std::fflush(stdout);
  const NodeLayout layout{2 * c.size(), c.size(), c.rank()};
  const MixingSchedule schedule = ring(layout.nodes);
  Mixer mixer(c, place.pool, layout, 100003, schedule);
  NodeMatrix x(layout.mine().count, 100003, place.device.get());
  for (const double until = seconds() + o.of("seconds"); seconds() < until;) mixer.rounds(x, 0, 1);
}

int work(const Options& o) {
  std::unique_ptr<Place> place;
  try {
    place = std::make_unique<Place>(o);
    if (o.task == "gossip") gossip(*place, o);
    if (o.task == "hold") hold(*place, o);
    if (o.task == "copy") {
      const double bandwidth = copy_bandwidth(*place, o);
      if (place->world->rank() == 0) fmt::print("{{\"mebibytes\": {:g}, \"bytes_per_s\": {:.6g}}}\n", o.of("mebibytes"), bandwidth);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_bench: {}\n", error.what());
    std::fflush(nullptr);
    const auto* known = dynamic_cast<const Error*>(&error);
    const int status = known ? static_cast<int>(known->fault()) : 1;
    if (!place || (known && known->on_all_ranks())) return status;
    std::_Exit(status);  // the others find out by themselves: that is what `hold` shows
  }
}

}  // namespace
}  // namespace xib

int main(int argc, char** argv) {
  try {
    return xib::work(xib::parse(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_bench: {}\n", error.what());
    return 2;
  }
}
