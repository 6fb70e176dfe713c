#include "harness/mix/moments.hpp"

#include "harness/mix/tile.hpp"

#include <cmath>
#include <cstring>

namespace xib {
namespace {

constexpr std::size_t kLanes = 8;

double sum_lanes(const double (&lanes)[kLanes]) { return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7])); }

Tile tile_of(std::span<const float* const> rows, std::size_t at, std::size_t end) {
  const std::size_t width = std::min(kTile, end - at);
  return {rows, at, width, std::min(kTile, end - at - width)};
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
    : communicator_(communicator), exchange_(communicator), pool_(pool), layout_(layout), dim_(dim), slices_(layout.nodes, dim) {
  const auto n = static_cast<std::size_t>(layout.nodes);
  rows_.resize(n);
  scratch_.assign(static_cast<std::size_t>(pool.threads()), std::vector<double>((n + 1) * kTile));
  std::size_t floats = 0;
  for (auto* box : {&outbox_, &inbox_}) {
    box->push_back(floats);
    for (int r = 0; r < layout.ranks; ++r) {
      const int rows = box == &outbox_ ? layout.mine().count : layout.block(r).count;
      if (r != layout.rank) floats += static_cast<std::size_t>(rows) * columns(box == &outbox_ ? r : layout.rank).size();
      box->push_back(floats);
    }
  }
}

NodeStatistics::Columns NodeStatistics::columns(int rank) const {
  const int first = first_slice(rank), last = first_slice(rank + 1);
  if (first == last) return {0, 0};
  return {slices_.begin(first), slices_.end(last - 1)};
}

std::int64_t NodeStatistics::measure_bytes(Gram gram) const {
  const auto n = static_cast<std::int64_t>(layout_.nodes);
  const std::int64_t numbers = n + 1 + (gram == Gram::yes ? n * (n + 1) / 2 : 0);
  return (n - 1) * (static_cast<std::int64_t>(dim_) * 4 + slices_.count * numbers * 8);
}

void NodeStatistics::collect(const NodeMatrix& x) {
  const Columns mine = columns(layout_.rank);
  const NodeBlock block = layout_.mine();
  for (int k = 0; k < block.count; ++k) rows_[static_cast<std::size_t>(block.first + k)] = x.address(k);
  if (layout_.ranks == 1) return;
  if (!x.device()) host_boxes_.resize(inbox_.back());
  float* const boxes = x.device() ? device_boxes_.reserve(*x.device(), inbox_.back()) : host_boxes_.data();
  std::vector<Send> sends;
  std::vector<Receive> receives;
  for (int r = 0; r < layout_.ranks; ++r) {
    if (r == layout_.rank) continue;
    const auto message = [&](const std::vector<std::size_t>& box) {
      const auto at = static_cast<std::size_t>(r);
      return std::span(boxes + box[at], box[at + 1] - box[at]);
    };
    const auto out = message(outbox_), in = message(inbox_);
    const Columns theirs = columns(r);
    const std::size_t width = theirs.size() * sizeof(float);
    if (x.device() && !out.empty())
      x.device()->copy_pieces(out.data(), width, x.data() + theirs.begin, x.stride() * sizeof(float), width, static_cast<std::size_t>(block.count));
    else
      for (int k = 0; k < block.count && !out.empty(); ++k)
        std::memcpy(out.data() + static_cast<std::size_t>(k) * theirs.size(), x.address(k) + theirs.begin, width);
    if (!out.empty()) sends.push_back({r, out});
    if (!in.empty()) receives.push_back({r, in});
    const NodeBlock from = layout_.block(r);
    for (int k = 0; k < from.count; ++k) rows_[static_cast<std::size_t>(from.first + k)] = in.data() + static_cast<std::size_t>(k) * mine.size() - mine.begin;
  }
  exchange_(sends, receives, x.device());
}

std::vector<double> NodeStatistics::sum_slices(Gram gram) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const std::size_t numbers = n + 1 + (gram == Gram::yes ? pairs(n) : 0);  // per slice: n squared distances, ‖mean‖², pairs
  const int first = first_slice(layout_.rank), mine = first_slice(layout_.rank + 1) - first;
  std::vector<double> part(static_cast<std::size_t>(mine) * numbers, 0.0);
  pool_.for_each(mine, [&](std::int64_t k, int worker) {
    double* const out = part.data() + static_cast<std::size_t>(k) * numbers;
    double* const deviation = scratch_[static_cast<std::size_t>(worker)].data();  // n x kTile
    double* const means = deviation + n * kTile;
    const int slice = first + static_cast<int>(k);
    for (std::size_t at = slices_.begin(slice); at < slices_.end(slice); at += kTile) {
      const Tile tile = tile_of(rows_, at, slices_.end(slice));
      tile_mean(tile, means);
      out[n] += tile_norm(means, tile.width);
      if (gram == Gram::no) {
        tile_distances(tile, means, out);
      } else {
        tile_deviations(tile, means, deviation);
        tile_gram(deviation, n, tile.width, out + n + 1);
      }
    }
    for (std::size_t i = 0; i < n && gram == Gram::yes; ++i) out[i] = out[n + pairs(i + 1)];  // the diagonal
  });
  return part;
}

std::vector<double> NodeStatistics::sum_slices_on_device(Device& device, Gram gram) {
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const int first = first_slice(layout_.rank), last = first_slice(layout_.rank + 1);
  std::vector<std::size_t> bounds;
  for (int slice = first; slice < last; ++slice) bounds.push_back(slices_.begin(slice));
  if (bounds.empty()) return {};
  bounds.push_back(slices_.end(last - 1));
  std::vector<double> part((bounds.size() - 1) * (n + 1 + (gram == Gram::yes ? pairs(n) : 0)));
  device.moments({.rows = rows_, .bounds = bounds, .gram = gram == Gram::yes, .numbers = part});
  return part;
}

ConsensusMoments NodeStatistics::measure(const NodeMatrix& x, Gram gram) {
  collect(x);
  const auto n = static_cast<std::size_t>(layout_.nodes);
  const std::size_t numbers = n + 1 + (gram == Gram::yes ? pairs(n) : 0);
  const std::vector<double> part = x.device() ? sum_slices_on_device(*x.device(), gram) : sum_slices(gram);
  std::vector<double> all(static_cast<std::size_t>(slices_.count) * numbers);
  std::vector<int> counts;
  for (int r = 0; r < layout_.ranks; ++r) counts.push_back((first_slice(r + 1) - first_slice(r)) * static_cast<int>(numbers));
  communicator_.all_gather(part, counts, all);
  std::vector<double> sum(numbers, 0.0);
  for (std::size_t s = 0; s < static_cast<std::size_t>(slices_.count); ++s)
    for (std::size_t k = 0; k < numbers; ++k) sum[k] += all[s * numbers + k];

  ConsensusMoments moments;
  moments.squared_distance.assign(sum.begin(), sum.begin() + static_cast<std::ptrdiff_t>(n));
  double total = 0;
  for (const double d : moments.squared_distance) total += d;
  moments.distance = std::sqrt(total / static_cast<double>(n));
  moments.mean_norm = std::sqrt(sum[n]);
  if (gram == Gram::yes) {
    moments.gram.resize(n * n);
    const double* pair = sum.data() + n + 1;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) moments.gram[i * n + j] = moments.gram[j * n + i] = *pair++;
  }
  return moments;
}

void NodeStatistics::sum_means(std::span<float> mean) {
  const int first = first_slice(layout_.rank), mine = first_slice(layout_.rank + 1) - first;
  pool_.for_each(mine, [&](std::int64_t k, int worker) {
    double* const means = scratch_[static_cast<std::size_t>(worker)].data();
    const int slice = first + static_cast<int>(k);
    for (std::size_t at = slices_.begin(slice); at < slices_.end(slice); at += kTile) {
      const Tile tile = tile_of(rows_, at, slices_.end(slice));
      tile_mean(tile, means);
      for (std::size_t c = 0; c < tile.width; ++c) mean[at + c] = static_cast<float>(means[c]);
    }
  });
}

void NodeStatistics::share_mean(std::span<float> mean, Device* device) {
  if (layout_.ranks == 1) return;
  std::vector<Send> sends;
  std::vector<Receive> receives;
  const Columns mine = columns(layout_.rank);
  for (int r = 0; r < layout_.ranks; ++r) {
    if (r == layout_.rank) continue;
    const Columns theirs = columns(r);
    if (mine.size()) sends.push_back({r, mean.subspan(mine.begin, mine.size())});
    if (theirs.size()) receives.push_back({r, mean.subspan(theirs.begin, theirs.size())});
  }
  exchange_(sends, receives, device);
}

float* NodeStatistics::mean_on_device(const NodeMatrix& x) {
  collect(x);
  float* const mean = device_mean_.reserve(*x.device(), dim_);
  const Columns mine = columns(layout_.rank);
  if (mine.size()) x.device()->mean(rows_, mine.begin, mine.end, mean);
  share_mean({mean, dim_}, x.device());
  return mean;
}

void NodeStatistics::mean(const NodeMatrix& x, std::span<float> mean) {
  if (x.device()) return x.device()->copy(mean.data(), mean_on_device(x), mean.size_bytes());
  collect(x);
  sum_means(mean);
  share_mean(mean, nullptr);
}

void NodeStatistics::average(NodeMatrix& x) {
  if (x.device()) return x.device()->fill_rows(x.data(), x.stride(), dim_, x.count(), mean_on_device(x));
  mean_.resize(dim_);
  mean(x, mean_);
  pool_.for_each(x.count(), [&](std::int64_t k, int) { std::copy(mean_.begin(), mean_.end(), x.row(static_cast<int>(k)).begin()); });
}

}  // namespace xib
