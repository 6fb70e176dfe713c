#include "harness/mix/mixer.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cstring>

namespace xib {
namespace {

constexpr std::size_t kScratchFloats = 48 * 1024;    // two copies of a tile of all rows: 192 KiB stay in a core's L2
constexpr std::size_t kManyRoundsFloats = 6 * 1024;  // several rounds of a tile: 24 KiB stay in its L1
constexpr std::size_t kManyRoundsWidth = 192;        // but not so narrow that every row's few columns cost a page each
constexpr std::size_t kBlock = 64;                   // columns whose sums stay in registers
constexpr std::size_t kLanes = 8;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));  // the element-wise arithmetic of a loop, kept in registers

// Columns of a tile whose two copies of all rows fill `floats`, in whole blocks.
std::size_t tile_width(int rows, std::size_t floats, std::size_t least) {
  const auto width = floats / 2 / static_cast<std::size_t>(std::max(rows, 1)) / kBlock * kBlock;
  return std::clamp<std::size_t>(width, least, 4096);
}

// sum = Σ_terms weight γ (other - own) over a block of columns; other(source) is where a source's block begins.
template <class Terms, class Other>
void sum_block(const float* own, const Terms& terms, float strength, const Other& other, float* sum) {
  Lanes at[kBlock / kLanes], total[kBlock / kLanes] = {};
  std::memcpy(at, own, sizeof(at));
  for (const auto& [source, weight] : terms) {
    const float w = weight * strength;
    const float* const from = other(source);
    for (std::size_t v = 0; v < kBlock / kLanes; ++v) {
      Lanes theirs;
      std::memcpy(&theirs, from + v * kLanes, sizeof(theirs));
      total[v] += w * (theirs - at[v]);
    }
  }
  std::memcpy(sum, total, sizeof(total));
}

// Σ sum² over a block, in 8 fixed lanes.
double squared_norm(const float (&sum)[kBlock]) {
  double lanes[kLanes] = {};
  for (std::size_t l = 0; l < kBlock; l += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] += static_cast<double>(sum[l + k]) * sum[l + k];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// In a whole row.
std::size_t blocks(std::size_t dim) { return (dim + kBlock - 1) / kBlock; }

}  // namespace

Mixer::Mixer(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, const MixingSchedule& schedule)
    : pool_(pool),
      layout_(layout),
      dim_(dim),
      tile_(tile_width(layout.mine().count, kScratchFloats, kBlock)),
      narrow_tile_(std::min(tile_, tile_width(layout.mine().count, kManyRoundsFloats, kManyRoundsWidth))),
      schedule_(schedule),
      exchange_(communicator, layout, dim) {
  require(schedule.nodes() == layout.nodes, "the mixing matrix is for {} nodes and the run has {}", schedule.nodes(), layout.nodes);
  scratch_.assign(static_cast<std::size_t>(pool.threads()), std::vector<float>(2 * static_cast<std::size_t>(layout.mine().count) * tile_));
  for (std::int64_t t = 0; t < schedule.period(); ++t) round(t);
}

Mixer::Round Mixer::plan(const MixingMatrix& w) const {
  require(w.stochastic() == MixingMatrix::Stochastic::rows,
          "a column-stochastic mixing matrix needs push-sum (plain gossip would drift away from the average): choose other weights");
  std::vector<Edge> between_ranks;
  std::int64_t links = 0;
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, value] : w.row(i)) {
      if (i == j) continue;
      ++links;
      if (layout_.owner(i) != layout_.owner(j)) between_ranks.push_back({.from = j, .to = i});
    }
  Round round{.neighbors = {layout_, between_ranks}, .rows = {}, .links = links};
  const NodeBlock mine = layout_.mine();
  for (int k = 0; k < mine.count; ++k) {
    auto& terms = round.rows.emplace_back();
    for (const auto& [j, value] : w.row(mine.first + k))
      if (j != mine.first + k) terms.push_back({round.neighbors.source(j), static_cast<float>(value)});
  }
  return round;
}

const Mixer::Round& Mixer::round(std::int64_t t) {
  const std::int64_t key = schedule_.period() > 0 ? t % schedule_.period() : t;
  if (const auto it = plans_.find(key); it != plans_.end()) return it->second;
  return plans_.emplace(key, plan(schedule_.at(t))).first->second;
}

std::int64_t Mixer::bytes(std::int64_t t) { return round(t).links * static_cast<std::int64_t>(dim_) * 4; }

void Mixer::mix_tile(NodeMatrix& x, std::span<const Round* const> rounds, std::size_t at, std::size_t width, float strength, float* scratch,
                     double* moved_blocks) const {
  const auto count = static_cast<std::size_t>(x.count());
  const std::size_t stride = (width + kBlock - 1) / kBlock * kBlock;  // of the rows in scratch
  float* const half[2] = {scratch, scratch + count * stride};
  const auto source = [&](std::size_t q, int index) -> const float* {
    if (index >= x.count()) return halo_->row(index - x.count()).data() + at;
    return q == 0 ? x.row(index).data() + at : half[q % 2] + static_cast<std::size_t>(index) * stride;
  };
  for (std::size_t q = 0; q < rounds.size(); ++q) {
    const bool in_place = q > 0 && q + 1 == rounds.size();  // nothing reads x after the first round
    for (std::size_t i = 0; i < count; ++i) {
      const float* const own = source(q, static_cast<int>(i));
      float* const out = in_place ? x.row(static_cast<int>(i)).data() + at : half[(q + 1) % 2] + i * stride;
      const auto& terms = rounds[q]->rows[i];
      for (std::size_t c = 0; c < width; c += kBlock) {
        const std::size_t block = std::min(kBlock, width - c);
        float sum[kBlock] = {};
        if (block == kBlock) {
          sum_block(
              own + c, terms, strength, [&](int index) { return source(q, index) + c; }, sum);
          for (std::size_t l = 0; l < kBlock; ++l) out[c + l] = own[c + l] + sum[l];
        } else {
          for (const auto& [index, weight] : terms) {
            const float w = weight * strength;
            const float* const other = source(q, index) + c;
            for (std::size_t l = 0; l < block; ++l) sum[l] += w * (other[l] - own[c + l]);
          }
          for (std::size_t l = 0; l < block; ++l) out[c + l] = own[c + l] + sum[l];
        }
        if (moved_blocks && q == 0) moved_blocks[i * blocks(dim_) + (at + c) / kBlock] = squared_norm(sum);
      }
    }
  }
  if (rounds.size() > 1) return;
  for (std::size_t i = 0; i < count; ++i) std::copy_n(half[1] + i * stride, width, x.row(static_cast<int>(i)).data() + at);
}

void Mixer::mix_on_device(NodeMatrix& x, std::span<const Round* const> rounds, float strength, std::span<double> moved) const {
  std::vector<std::vector<int>> first;
  std::vector<std::vector<MixTerm>> terms;
  for (const Round* round : rounds) {
    first.emplace_back(1, 0);
    terms.emplace_back();
    for (const auto& row : round->rows) {
      terms.back().insert(terms.back().end(), row.begin(), row.end());
      first.back().push_back(static_cast<int>(terms.back().size()));
    }
  }
  std::vector<Device::MixRound> views;
  for (std::size_t q = 0; q < rounds.size(); ++q) views.push_back({first[q], terms[q]});
  x.device()->mix({.x = x.data(),
                   .halo = halo_ ? halo_->data() : nullptr,
                   .stride = x.stride(),
                   .dim = dim_,
                   .count = x.count(),
                   .halo_count = rounds.front()->neighbors.halo(),
                   .rounds = views,
                   .strength = strength,
                   .moved = moved});
}

void Mixer::rounds(NodeMatrix& x, std::int64_t first, int count, double strength, std::span<double> moved) {
  std::fill(moved.begin(), moved.end(), 0.0);
  if (count <= 0) return;
  if (schedule_.period() == 0) plans_.clear();
  current_.clear();
  for (int q = 0; q < count; ++q) current_.push_back(&round(first + q));
  if (x.device()) {
    if (layout_.ranks == 1) return mix_on_device(x, current_, static_cast<float>(strength), moved);
    for (std::size_t q = 0; q < current_.size(); ++q) {
      halo_ = &exchange_.rows(current_[q]->neighbors, x);
      mix_on_device(x, std::span(current_).subspan(q, 1), static_cast<float>(strength), q == 0 ? moved : std::span<double>{});
    }
    return;
  }
  if (!moved.empty()) moved_blocks_.resize(moved.size() * blocks(dim_));
  const auto run = [&](std::span<const Round* const> rounds, double* moved_blocks) {
    const std::size_t width = rounds.size() > 1 ? narrow_tile_ : tile_;
    pool_.for_each(static_cast<std::int64_t>((dim_ + width - 1) / width), [&](std::int64_t tile, int worker) {
      const std::size_t at = static_cast<std::size_t>(tile) * width;
      mix_tile(x, rounds, at, std::min(width, dim_ - at), static_cast<float>(strength), scratch_[static_cast<std::size_t>(worker)].data(), moved_blocks);
    });
  };
  double* const moved_blocks = moved.empty() ? nullptr : moved_blocks_.data();
  if (layout_.ranks == 1) {
    run(current_, moved_blocks);
  } else {
    for (std::size_t q = 0; q < current_.size(); ++q) {
      halo_ = &exchange_.rows(current_[q]->neighbors, x);
      run(std::span(current_).subspan(q, 1), q == 0 ? moved_blocks : nullptr);
    }
  }
  for (std::size_t k = 0; k < moved.size(); ++k)
    for (std::size_t b = 0; b < blocks(dim_); ++b) moved[k] += moved_blocks_[k * blocks(dim_) + b];
}

}  // namespace xib
