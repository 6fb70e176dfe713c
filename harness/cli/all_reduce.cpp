#include "harness/cli/all_reduce.hpp"

#include "harness/cli/preflight_checks.hpp"
#include "harness/cli/preflight_places.hpp"
#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/mix/moments.hpp"
#include "harness/mix/row_exchange.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>

namespace xib {
namespace {

constexpr int kRepetitions = 3;  // after one that warms up
constexpr int kRounds = 8;       // pairs of each, at most

// Even, so that the mean over ranks is an integer: (n + 1) times the same.
float known_float(int rank, std::size_t k) { return static_cast<float>(2 * (rank + 1)) * static_cast<float>(k % 1021); }

// Seconds from a moment when all are ready to one when all are done.
template <class Body>
double seconds(Communicator& c, Device* device, const Body& body) {
  if (device) device->settle();
  c.barrier();
  const double before = c.now();
  body();
  if (device) device->settle();
  c.barrier();
  return c.now() - before;
}

}  // namespace

AllReduceSpeed measure_all_reduce(Communicator& c, Device* device, std::size_t floats) {
  AllReduceSpeed result;
  if (c.size() == 1) return result;
  ThreadPool pool(1);
  NodeStatistics statistics(c, pool, {c.size(), c.size(), c.rank()}, floats);
  NodeMatrix x(1, floats, device);
  std::vector<float> row(floats);
  double best = std::numeric_limits<double>::infinity();
  bool wrong = false;
  for (int repetition = 0; repetition <= kRepetitions; ++repetition) {
    for (std::size_t k = 0; k < floats; ++k) row[k] = known_float(c.rank(), k);
    x.write_row(0, row);
    const double took = seconds(c, device, [&] { statistics.average(x); });
    if (repetition > 0) best = std::min(best, took);
    x.read_row(0, row);
    for (std::size_t k = 0; k < floats; ++k) wrong = wrong || row[k] != static_cast<float>(c.size() + 1) * static_cast<float>(k % 1021);
  }
  const std::vector<double> took = of_all_ranks(c, best), bad = of_all_ranks(c, wrong);
  const double ranks = c.size(), slowest = *std::max_element(took.begin(), took.end());
  if (slowest > 0) result.bandwidth = 2 * (ranks - 1) / ranks * 4 * static_cast<double>(floats) / slowest;
  for (int rank = 0; rank < c.size(); ++rank)
    if (bad[static_cast<std::size_t>(rank)] != 0) result.wrong.push_back(rank);
  return result;
}

std::vector<double> measure_pairs(Communicator& c, Device* device, const std::vector<int>& node_of, std::size_t floats) {
  const int nodes = *std::max_element(node_of.begin(), node_of.end()) + 1;
  std::vector<int> unit_of = node_of;
  if (nodes == 1) std::iota(unit_of.begin(), unit_of.end(), 0);
  std::vector<std::vector<int>> members(static_cast<std::size_t>(nodes == 1 ? c.size() : nodes));
  for (int rank = 0; rank < c.size(); ++rank) members[static_cast<std::size_t>(unit_of[static_cast<std::size_t>(rank)])].push_back(rank);
  const int units = static_cast<int>(members.size()), me = unit_of[static_cast<std::size_t>(c.rank())];
  const auto& mine = members[static_cast<std::size_t>(me)];
  const auto place = static_cast<std::size_t>(std::find(mine.begin(), mine.end(), c.rank()) - mine.begin());

  RowExchange exchange(c);
  NodeMatrix x(2, floats, device);
  double best = 0;
  for (int round = 0; round < std::min(kRounds, units % 2 == 0 ? units - 1 : units); ++round) {
    const int partner = partner_of(me, round, units);
    const auto& theirs = members[static_cast<std::size_t>(partner)];
    const bool rests = partner == me || place >= theirs.size();
    for (int repetition = 0; repetition <= kRepetitions; ++repetition) {  // the first makes the connection
      if (device) device->settle();
      c.barrier();
      const double before = c.now();
      const Send send{rests ? c.rank() : theirs[place], {x.address(0), floats}};
      const Receive receive{send.to, {x.address(1), floats}};
      exchange({&send, rests ? 0u : 1u}, {&receive, rests ? 0u : 1u}, device);
      const double took = c.now() - before;
      if (!rests && repetition > 0 && took > 0) best = std::max(best, 4 * static_cast<double>(floats) / took);
    }
  }
  const std::vector<double> all = of_all_ranks(c, best);
  std::vector<double> of_nodes(static_cast<std::size_t>(nodes), kNaN);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    double& node = of_nodes[static_cast<std::size_t>(node_of[rank])];
    if (all[rank] > 0) node = std::isnan(node) ? all[rank] : std::min(node, all[rank]);
  }
  return of_nodes;
}

double first_at_site(const std::string& path, const std::string& key, double measured) {
  std::ifstream in(path);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto tab = line.rfind('\t');
    const char *begin = line.data() + (tab == std::string::npos ? 0 : tab + 1), *end = line.data() + line.size();
    double value = 0;
    const auto [at, problem] = std::from_chars(begin, end, value);
    require(tab != std::string::npos && problem == std::errc() && at == end && value > 0 && std::isfinite(value), Key{"--all-reduce-file"},
            "{}:{}: '{}' is not a line \"job<TAB>bytes/s\": remove it, and the next job measures it again", path, number, line);
    if (line.substr(0, tab) == key) return value;
  }
  const std::string line = fmt::format("{}\t{:.6g}\n", key, measured);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);  // two jobs at the same time: the first line holds
  const bool written = file >= 0 && write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int why = errno;
  if (file >= 0) close(file);
  require(written, Key{"--all-reduce-file"}, "{} cannot be written: {}", path, std::strerror(why));
  return measured;
}

std::vector<int> slowest_nodes(const std::vector<double>& of_pairs, double floor) {
  std::vector<double> known;
  std::copy_if(of_pairs.begin(), of_pairs.end(), std::back_inserter(known), [](double v) { return std::isfinite(v); });
  std::vector<int> slow, all(of_pairs.size());
  std::iota(all.begin(), all.end(), 0);
  std::copy_if(all.begin(), all.end(), std::back_inserter(slow), [&](int n) { return of_pairs[static_cast<std::size_t>(n)] < floor * median_of(known); });
  return slow.empty() ? all : slow;
}

}  // namespace xib
