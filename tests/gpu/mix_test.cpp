#include "harness/comm/single.hpp"
#include "harness/mix/mixer.hpp"
#include "harness/mix/moments.hpp"
#include "harness/mix/sketch.hpp"
#include "tests/gpu/gpu_worlds.hpp"

#include <catch2/catch.hpp>

#include <mutex>

// What mix/ computes on a device has the bits of the host, for the same input.
using namespace xib;
using namespace xib::test;

namespace {

constexpr int kNodes[] = {1, 2, 3, 8, 32, 70};
constexpr std::size_t kDims[] = {1, 15, 70, 256, 5003, 20000};

// Does the same on the host and on a device, one rank.
struct Both {
  std::unique_ptr<Communicator> alone = make_single_communicator();
  std::unique_ptr<Device> device = make_cuda_device(0);
  ThreadPool pool{1};
  template <class Body>
  void compare(const Body& body) {
    const auto expected = body(nullptr);
    const auto got = body(device.get());
    CHECK(same_bits(expected, got));
  }
};

std::vector<std::pair<std::string, MixingSchedule>> schedules(int n) {
  std::vector<std::pair<std::string, MixingSchedule>> all;
  if (n == 1) {
    all.emplace_back("alone", fixed(MixingMatrix({{{0, 1.0}}})));
    return all;
  }
  all.emplace_back("ring", fixed(circulant(n, {1, -1}, 1.0 / 3)));
  all.emplace_back("alternating", alternating(n));
  all.emplace_back("random in every round", random_schedule(n, 5));
  return all;
}

// The bits of a double as two floats, to be compared as bits.
std::vector<float> as_floats(double number) {
  std::vector<float> halves(2);
  std::memcpy(halves.data(), &number, sizeof(number));
  return halves;
}

}  // namespace

TEST_CASE("any number of gossip rounds, weakened or not, and how far the first one moved each model") {
  flush_denormals();
  Both both;
  for (const int n : kNodes)
    for (const std::size_t dim : kDims)
      for (const auto& [name, schedule] : schedules(n))
        for (const int rounds : {1, 2, 5}) {
          INFO(name << ", " << n << " nodes, " << dim << " columns, " << rounds << " rounds");
          const NodeLayout layout{n, 1, 0};
          const Rows rows = rough_rows(n, dim, 1);
          both.compare([&](Device* device) {
            const MixingSchedule own = schedule;
            Mixer mixer(*both.alone, both.pool, layout, dim, own);
            NodeMatrix x = matrix_of(rows, layout, device);
            std::vector<double> moved(static_cast<std::size_t>(n));
            mixer.rounds(x, 3, rounds, 0.7, moved);
            Rows out = rows_of(x);
            mixer.rounds(x, 4, 1);
            for (auto& row : rows_of(x)) out.push_back(row);
            for (const double m : moved) out.push_back(as_floats(m));
            return out;
          });
        }
}

TEST_CASE("distance, mean's norm, Gram matrix, mean and average") {
  flush_denormals();
  Both both;
  for (const int n : kNodes)
    for (const std::size_t dim : kDims)
      for (const Gram gram : {Gram::no, Gram::yes}) {
        INFO(n << " nodes, " << dim << " columns, Gram " << (gram == Gram::yes));
        const NodeLayout layout{n, 1, 0};
        const Rows rows = rough_rows(n, dim, 2);
        both.compare([&](Device* device) {
          NodeStatistics statistics(*both.alone, both.pool, layout, dim);
          NodeMatrix x = matrix_of(rows, layout, device);
          const auto moments = statistics.measure(x, gram);
          std::vector<double> numbers{moments.distance, moments.mean_norm};
          numbers.insert(numbers.end(), moments.squared_distance.begin(), moments.squared_distance.end());
          numbers.insert(numbers.end(), moments.gram.begin(), moments.gram.end());
          std::vector<float> mean(dim);
          statistics.mean(x, mean);
          statistics.average(x);
          numbers.insert(numbers.end(), mean.begin(), mean.end());
          for (const auto& row : rows_of(x)) numbers.insert(numbers.end(), row.begin(), row.end());
          return numbers;
        });
      }
}

TEST_CASE("norms of rows are those of dot()") {
  flush_denormals();
  const auto device = make_cuda_device(0);
  for (const int n : kNodes)
    for (const std::size_t dim : kDims) {
      const Rows rows = rough_rows(n, dim, 3);
      const NodeMatrix x = matrix_of(rows, {n, 1, 0}, device.get());
      std::vector<double> norms(rows.size()), expected;
      device->row_norms(x.data(), x.stride(), dim, norms);
      for (const auto& row : rows) expected.push_back(dot(row, row));
      CHECK(same_bits(norms, expected));
    }
}

TEST_CASE("the sketch, with fewer and with more buckets than columns") {
  flush_denormals();
  Both both;
  for (const int n : {1, 3, 32})
    for (const std::size_t dim : kDims)
      for (const int buckets : {1, 16, 64, 100}) {
        INFO(n << " nodes, " << dim << " columns, " << buckets << " buckets");
        const NodeLayout layout{n, 1, 0};
        const Rows rows = rough_rows(n, dim, 4);
        both.compare([&](Device* device) {
          Sketch sketch(*both.alone, both.pool, layout, dim, buckets, 9);
          const NodeMatrix x = matrix_of(rows, layout, device);
          return std::vector<double>{sketch.squared_distance(x, 5), sketch.squared_distance(x, (std::int64_t{1} << 33) + 7)};
        });
      }
}

TEST_CASE("ranks whose communicator does not reach their devices exchange through host memory, with the bits of one rank on the host") {
  flush_denormals();
  const Rows rows = rough_rows(13, 3001, 6);
  const auto work = [](Communicator& communicator, ThreadPool& pool, const NodeLayout& layout, NodeMatrix& x) {
    const MixingSchedule schedule = alternating(layout.nodes);
    Mixer mixer(communicator, pool, layout, x.dim(), schedule);
    NodeStatistics statistics(communicator, pool, layout, x.dim());
    mixer.rounds(x, 0, 4, 0.7);
    const double before = statistics.measure(x, Gram::yes).distance;
    statistics.average(x);
    std::vector<float> mean(x.dim());
    statistics.mean(x, mean);
    Rows out = rows_of(x);
    out.push_back(mean);
    out.push_back({static_cast<float>(before)});
    return out;
  };
  const auto on = [&](int ranks, bool on_device) {
    Rows all(rows.size());
    std::mutex mutex;
    run_thread_ranks(ranks, [&](Communicator& communicator) {
      flush_denormals();
      const auto device = on_device ? make_cuda_device(0) : nullptr;
      ThreadPool pool(1);
      const NodeLayout layout{13, ranks, communicator.rank()};
      NodeMatrix x = matrix_of(rows, layout, device.get());
      const Rows mine = work(communicator, pool, layout, x);
      const std::lock_guard lock(mutex);
      for (int k = 0; k < x.count(); ++k) {
        auto& row = all[static_cast<std::size_t>(layout.mine().first + k)];
        row = mine[static_cast<std::size_t>(k)];
        for (std::size_t m = static_cast<std::size_t>(x.count()); m < mine.size(); ++m) row.insert(row.end(), mine[m].begin(), mine[m].end());
      }
    });
    return all;
  };
  const Rows expected = on(1, false);
  for (const int ranks : {1, 2, 4, 7}) {
    INFO(ranks << " ranks");
    CHECK(same_bits(on(ranks, true), expected));
  }
}
