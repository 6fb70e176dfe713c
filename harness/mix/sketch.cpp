#include "harness/mix/sketch.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"
#include "harness/mix/sketch_runs.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

constexpr int kMaxSlices = 16;
constexpr std::size_t kTogether = 8192;  // columns of a row that are added at once, whose signs stay in cache from row to row

// The stream of a slice gives, run by run, by how much it is rotated and then a bit per column, set for +1.
RandomStream slice_stream(std::uint64_t seed, int slice, std::int64_t key) {
  return RandomStream(seed, Purpose::sketch, static_cast<std::uint32_t>(slice), static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key));
}

// The sign bits of a run by bucket: of -1 where the stream's bit is not set.
void draw_flips(RandomStream& stream, std::size_t k, std::size_t rotation, std::uint32_t* flips) {
  for (std::size_t c = 0; c < k; c += 32) {
    const std::uint32_t bits = ~stream();
    const std::size_t count = std::min<std::size_t>(32, k - c), to = (c + rotation) % k, straight = std::min(count, k - to);
    for (std::size_t b = 0; b < straight; ++b) flips[to + b] = bits >> b << 31;
    for (std::size_t b = straight; b < count; ++b) flips[b - straight] = bits >> b << 31;
  }
}

}  // namespace

Sketch::Sketch(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, int buckets, std::uint64_t seed)
    : communicator_(communicator), pool_(pool), layout_(layout), dim_(dim), buckets_(buckets), seed_(seed) {
  require(buckets >= 1, "a sketch needs at least 1 number per node, not {}", buckets);
  const auto k = static_cast<std::size_t>(buckets), rows = static_cast<std::size_t>(layout.mine().count);
  runs_ = (dim + k - 1) / k;
  slices_ = static_cast<int>(std::min<std::size_t>(runs_, kMaxSlices));
  parts_.resize(static_cast<std::size_t>(slices_) * rows * k);
  mine_.resize(rows * k);
  all_.resize(static_cast<std::size_t>(layout.nodes) * k);
  for (int r = 0; r < layout.ranks; ++r) counts_.push_back(layout.block(r).count * buckets);
}

void Sketch::sketch_slice(const NodeMatrix& x, std::int64_t key, int slice) {
  const auto k = static_cast<std::size_t>(buckets_), rows = static_cast<std::size_t>(x.count());
  RandomStream stream = slice_stream(seed_, slice, key);
  double* const part = parts_.data() + static_cast<std::size_t>(slice) * rows * k;
  std::fill_n(part, rows * k, 0.0);
  const std::size_t together = std::max<std::size_t>(kTogether / k, 1);
  std::vector<std::uint32_t> flips(together * k);
  std::vector<SketchRun> runs;
  for (std::size_t begin = first_run(slice), end = first_run(slice + 1); begin < end; begin += together) {
    runs.clear();
    for (std::size_t run = begin; run < std::min(begin + together, end); ++run) {
      std::uint32_t* const mine = flips.data() + (run - begin) * k;
      runs.push_back({run * k, static_cast<std::size_t>(stream.below(k)), mine});
      draw_flips(stream, k, runs.back().rotation, mine);
    }
    for (std::size_t i = 0; i < rows; ++i)
      add_runs(x.address(static_cast<int>(i)), i + 1 < rows ? x.address(static_cast<int>(i) + 1) : nullptr, dim_, k, runs, part + i * k);
  }
}

void Sketch::sketch_on_device(const NodeMatrix& x, std::int64_t key) {
  const std::size_t words = (static_cast<std::size_t>(buckets_) + 31) / 32;
  signs_.resize(runs_ * words);
  rotations_.resize(runs_);
  std::vector<std::size_t> first(static_cast<std::size_t>(slices_) + 1);
  for (int s = 0; s <= slices_; ++s) first[static_cast<std::size_t>(s)] = first_run(s);
  pool_.for_each(slices_, [&](std::int64_t slice, int) {
    RandomStream stream = slice_stream(seed_, static_cast<int>(slice), key);
    for (std::size_t run = first_run(static_cast<int>(slice)); run < first_run(static_cast<int>(slice) + 1); ++run) {
      rotations_[run] = static_cast<std::uint32_t>(stream.below(static_cast<std::uint64_t>(buckets_)));
      for (std::size_t w = 0; w < words; ++w) signs_[run * words + w] = stream();
    }
  });
  x.device()->sketch({.x = x.data(),
                      .stride = x.stride(),
                      .dim = dim_,
                      .count = x.count(),
                      .buckets = buckets_,
                      .first_run = first,
                      .signs = signs_,
                      .rotation = rotations_,
                      .parts = parts_});
}

double Sketch::squared_distance(const NodeMatrix& x, std::int64_t key) {
  if (x.device())
    sketch_on_device(x, key);
  else
    pool_.for_each(slices_, [&](std::int64_t slice, int) { sketch_slice(x, key, static_cast<int>(slice)); });
  std::fill(mine_.begin(), mine_.end(), 0.0);
  for (int s = 0; s < slices_; ++s)
    for (std::size_t b = 0; b < mine_.size(); ++b) mine_[b] += parts_[static_cast<std::size_t>(s) * mine_.size() + b];
  communicator_.all_gather(mine_, counts_, all_);

  const auto n = static_cast<std::size_t>(layout_.nodes), k = static_cast<std::size_t>(buckets_);
  double total = 0;
  for (std::size_t b = 0; b < k; ++b) {  // differences to node 0 first: equal rows give exactly 0
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) mean += all_[i * k + b] - all_[b];
    mean /= static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double d = all_[i * k + b] - all_[b] - mean;
      total += d * d;
    }
  }
  return total / static_cast<double>(n);
}

}  // namespace xib
