#include "harness/mix/moments.hpp"

#include "harness/core/check.hpp"
#include "harness/mix/tile.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace xib {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kTask = 16 * kTile;  // columns whose mean a thread takes at once
// Bytes of models that stay in an L2, beside gradients and momentum, while they are moved, measured, changed and measured.
constexpr std::size_t kInCache = 128 * 1024;

double sum_lanes(const double (&lanes)[kLanes]) { return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7])); }

// A tile of the columns at .. end; `read_twice`: distances follow on the mean.
Tile tile_of(std::span<const float* const> rows, std::size_t at, std::size_t end, bool read_twice) {
  const std::size_t width = std::min(kTile, end - at), ahead = std::min(kTile, end - at - width);
  return {rows, at, width, ahead, read_twice ? std::min(ahead, kTile / 2) : ahead};
}

std::size_t pairs(std::size_t n) { return n * (n + 1) / 2; }

}  // namespace

double dot(std::span<const float> a, std::span<const float> b) {
  double lanes[kLanes] = {};
  std::size_t k = 0;
  for (; k + kLanes <= a.size(); k += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(a[k + l]) * b[k + l];
  for (std::size_t l = 0; k < a.size(); ++k, ++l) lanes[l] += static_cast<double>(a[k]) * b[k];
  return sum_lanes(lanes);
}

NodeStatistics::NodeStatistics(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim)
    : exchange_(communicator, layout), pool_(pool), layout_(layout), dim_(dim), sums_(communicator, layout, dim), columns_(equal_columns(layout.ranks, dim)) {
  const auto n = static_cast<std::size_t>(layout.nodes);
  scratch_.assign(static_cast<std::size_t>(pool.threads()), std::vector<double>((n + 1) * kTile));
}

std::int64_t NodeStatistics::measure_bytes(int nodes, std::size_t dim, Gram gram) {
  const auto n = static_cast<std::size_t>(nodes);
  return SliceSums::bytes(nodes, dim, n + 1, gram == Gram::yes ? pairs(n) : 0);
}

void NodeStatistics::add_tiles(RowsOf rows, std::size_t begin, std::size_t end, std::size_t stop, Gram gram, int worker, double* out) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  double* const deviation = scratch_[static_cast<std::size_t>(worker)].data();  // n x kTile
  double* const means = deviation + n * kTile;
  for (std::size_t at = begin; at < end; at += kTile) {
    const Tile tile = tile_of(rows, at, stop, gram == Gram::no);
    if (gram == Gram::no) {
      tile_moments(tile, means, out);
      continue;
    }
    tile_mean(tile, means);
    out[n] += tile_norm(means, tile.width);
    tile_deviations(tile, means, deviation);
    tile_gram(deviation, n, tile.width, out + n + 1);
  }
}

std::vector<double> NodeStatistics::sum_pieces(RowsOf rows, Gram gram) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const std::size_t numbers = n + 1 + (gram == Gram::yes ? pairs(n) : 0);  // per piece
  const auto bounds = sums_.pieces();
  std::vector<double> part((bounds.size() - 1) * numbers, 0.0);
  pool_.for_each(static_cast<std::int64_t>(bounds.size()) - 1, [&](std::int64_t piece, int worker) {
    const auto k = static_cast<std::size_t>(piece);
    double* const out = part.data() + k * numbers;
    add_tiles(rows, bounds[k], bounds[k + 1], bounds[k + 1], gram, worker, out);
    for (std::size_t i = 0; i < n && gram == Gram::yes; ++i) out[i] = out[n + pairs(i + 1)];  // the diagonal
  });
  return part;
}

std::vector<double> NodeStatistics::sum_pieces_on_device(Device& device, RowsOf rows, Gram gram) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const auto bounds = sums_.pieces();
  std::vector<double> part((bounds.size() - 1) * (n + 1 + (gram == Gram::yes ? pairs(n) : 0)));
  if (!part.empty()) device.moments({.rows = rows, .bounds = bounds, .gram = gram == Gram::yes, .numbers = part});
  return part;
}

ConsensusMoments NodeStatistics::moments_of(std::span<const double> part, Gram gram) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const std::vector<double> sum = sums_(part, n + 1, gram == Gram::yes ? pairs(n) : 0);

  ConsensusMoments moments;
  moments.squared_distance.assign(sum.begin(), sum.begin() + static_cast<std::ptrdiff_t>(n));
  double total = 0;
  for (const double d : moments.squared_distance) total += d;
  moments.distance = std::sqrt(total / static_cast<double>(n));
  moments.mean_norm = std::sqrt(sum[n]);
  if (sum.size() > n + 1) {
    moments.gram.resize(n * n);
    const double* pair = sum.data() + n + 1;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) moments.gram[i * n + j] = moments.gram[j * n + i] = *pair++;
  }
  return moments;
}

ConsensusMoments NodeStatistics::measure(const NodeMatrix& x, Gram gram) {
  const RowsOf rows = exchange_.rows(x, sums_.columns());
  return moments_of(x.device() ? sum_pieces_on_device(*x.device(), rows, gram) : sum_pieces(rows, gram), gram);
}

bool NodeStatistics::measures_around(const NodeMatrix& x) const {
  return layout_.ranks == 1 && !x.device() && sums_.pieces().size() > 2 * static_cast<std::size_t>(pool_.threads());
}

NodeStatistics::Around NodeStatistics::measure_around(NodeMatrix& x, const ColumnWork& move, bool before, const ColumnWork& change) {
  if (!measures_around(x)) fail("models are measured around a change where they are not all at hand (this is a bug)");
  using Clock = std::chrono::steady_clock;
  struct Times {
    Clock::duration moving{}, measuring{}, all{};
  };
  const RowsOf rows = exchange_.rows(x, sums_.columns());
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const std::size_t columns = std::max(kInCache / (n * sizeof(float)) / kTile, std::size_t{1}) * kTile;
  const auto bounds = sums_.pieces();
  const std::size_t pieces = bounds.size() - 1;
  std::vector<double> first(pieces * (n + 1), 0.0), second(first);
  std::vector<Times> times(static_cast<std::size_t>(pool_.threads()));
  pool_.for_each(static_cast<std::int64_t>(pieces), [&](std::int64_t piece, int worker) {
    const auto k = static_cast<std::size_t>(piece);
    const std::size_t stop = bounds[k + 1];
    Times& mine = times[static_cast<std::size_t>(worker)];
    auto begun = Clock::now();
    for (std::size_t at = bounds[k]; at < stop; at += columns) {
      const std::size_t end = std::min(at + columns, stop);
      if (move) move(at, end, worker);
      const auto moved = move ? Clock::now() : begun;
      if (before) add_tiles(rows, at, end, stop, Gram::no, worker, first.data() + k * (n + 1));
      const auto measured = Clock::now();
      change(at, end, worker);
      const auto changed = Clock::now();
      add_tiles(rows, at, end, end, Gram::no, worker, second.data() + k * (n + 1));
      const auto ended = Clock::now();
      mine.moving += moved - begun, mine.measuring += (measured - moved) + (ended - changed), mine.all += ended - begun;
      begun = ended;
    }
  });
  Times sum;
  for (const Times& each : times) sum.moving += each.moving, sum.measuring += each.measuring, sum.all += each.all;
  const auto share = [&](Clock::duration part) { return sum.all.count() > 0 ? static_cast<double>(part.count()) / static_cast<double>(sum.all.count()) : 0; };
  return {.before = before ? moments_of(first, Gram::no) : ConsensusMoments{},
          .after = moments_of(second, Gram::no),
          .moving = share(sum.moving),
          .measuring = share(sum.measuring)};
}

void NodeStatistics::sum_means(RowsOf rows, std::span<float> mean, const std::function<void(std::size_t begin, std::size_t count)>& then) {
  const auto me = static_cast<std::size_t>(layout_.rank);
  const std::size_t begin = columns_[me], end = columns_[me + 1];
  pool_.for_each(static_cast<std::int64_t>((end - begin + kTask - 1) / kTask), [&](std::int64_t task, int worker) {
    double* const means = scratch_[static_cast<std::size_t>(worker)].data();
    const std::size_t first = begin + static_cast<std::size_t>(task) * kTask, last = std::min(first + kTask, end);
    for (std::size_t at = first; at < last; at += kTile) {
      const Tile tile = tile_of(rows, at, last, false);
      tile_mean(tile, means);
      for (std::size_t c = 0; c < tile.width; ++c) mean[at + c] = static_cast<float>(means[c]);
    }
    if (then) then(first, last - first);
  });
}

float* NodeStatistics::mean_on_device(const NodeMatrix& x) {
  const RowsOf rows = exchange_.rows(x, columns_);
  float* const mean = device_mean_.reserve(*x.device(), dim_);
  const auto me = static_cast<std::size_t>(layout_.rank);
  if (columns_[me + 1] > columns_[me]) x.device()->mean(rows, columns_[me], columns_[me + 1], mean);
  exchange_.share({mean, dim_}, columns_, x.device());
  return mean;
}

void NodeStatistics::mean(const NodeMatrix& x, std::span<float> mean) {
  if (x.device()) return x.device()->copy(mean.data(), mean_on_device(x), mean.size_bytes());
  sum_means(exchange_.rows(x, columns_), mean);
  exchange_.share(mean, columns_, nullptr);
}

void NodeStatistics::average(NodeMatrix& x) {
  if (x.device()) return x.device()->fill_rows(x.data(), x.stride(), dim_, x.count(), mean_on_device(x));
  const auto copy_on = [&](std::size_t begin, std::size_t count) {
    for (int k = 1; k < x.count(); ++k) std::copy_n(x.address(0) + begin, count, x.address(k) + begin);
  };
  // The mean takes the place of the first row, of which a tile is overwritten when all has been read.
  if (layout_.ranks == 1) return sum_means(exchange_.rows(x, columns_), x.row(0), copy_on);
  mean(x, x.row(0));
  pool_.for_each(static_cast<std::int64_t>((dim_ + kTask - 1) / kTask), [&](std::int64_t task, int) {
    const std::size_t begin = static_cast<std::size_t>(task) * kTask;
    copy_on(begin, std::min(kTask, dim_ - begin));
  });
}

}  // namespace xib
