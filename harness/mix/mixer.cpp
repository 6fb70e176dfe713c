#include "harness/mix/mixer.hpp"

#include "harness/core/check.hpp"
#include "harness/mix/gossip_ring.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr std::size_t kBlock = 64;        // columns whose squared steps are one number
constexpr std::size_t kOneRound = 256;    // columns of all rows that one round takes at a time
constexpr std::size_t kManyRounds = 128;  // that several rounds take: two copies of 32 rows fill an L1
constexpr std::size_t kColumns = 4096;    // of a thread at a time, at most
constexpr std::size_t kLine = 16;         // floats
constexpr std::size_t kRingRows = 64;     // at most, of x: more rows at a power of two from each other push each other's lines out of the caches

// Σ sum² over a block, in 8 fixed lanes.
double squared_norm(std::span<const float> sum) {
  double lanes[kGossipLanes] = {};
  for (std::size_t l = 0; l < sum.size(); l += kGossipLanes)
    for (std::size_t k = 0; k < kGossipLanes; ++k) lanes[k] += static_cast<double>(sum[l + k]) * sum[l + k];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Asks for columns that will be read, and written, when the block at hand is done: to L2, where the hardware does not follow so many rows by itself.
void fetch(const float* from, std::size_t columns) {
  for (std::size_t c = 0; c < columns; c += kLine) __builtin_prefetch(from + c, 1, 1);
}

// In a whole row.
std::size_t blocks(std::size_t dim) { return (dim + kBlock - 1) / kBlock; }

// One round of a block of columns: kWidth of them from column `from` of the sources, of which `ahead` more will be asked for next.
template <std::size_t kWidth>
void mix_block(const std::vector<std::vector<MixTerm>>& rows, const float* const* sources, std::size_t from, float strength, float* out, std::size_t out_stride,
               std::size_t ahead) {
  for (std::size_t i = 0; i < rows.size(); ++i, out += out_stride) {
    fetch(sources[i] + from + kWidth, ahead);
    if (rows[i].size() == 2)
      gossip_row<2, kWidth, false>(sources[i] + from, sources, from, rows[i], strength, out, kWidth, nullptr);
    else
      gossip_row<0, kWidth, false>(sources[i] + from, sources, from, rows[i], strength, out, kWidth, nullptr);
  }
}

// The weights of the edges between rows i and i + 1, and of the last with the first, if there are no other edges and both rows of each give it the same weight.
std::vector<float> ring_of(const std::vector<std::vector<MixTerm>>& rows) {
  const int n = static_cast<int>(rows.size());
  std::vector<float> to_next, to_previous;
  for (int i = 0; i < n && n > 2; ++i) {
    const int previous = (i + n - 1) % n, next = (i + 1) % n;
    const auto& terms = rows[static_cast<std::size_t>(i)];
    if (terms.size() != 2 || terms[0].source != std::min(previous, next) || terms[1].source != std::max(previous, next)) return {};
    to_next.push_back(terms[next > previous].weight);
    to_previous.push_back(terms[next < previous].weight);
  }
  if (!to_previous.empty()) std::ranges::rotate(to_previous, to_previous.begin() + 1);
  return to_previous == to_next ? to_next : std::vector<float>{};
}

}  // namespace

Mixer::Scratch::Scratch(std::size_t rows)
    : memory(1, rows * std::max(kOneRound, 2 * kManyRounds)), halves{std::vector<const float*>(rows), std::vector<const float*>(rows)} {
  for (std::size_t half : {0, 1})
    for (std::size_t i = 0; i < rows; ++i) halves[half][i] = memory.data() + (half * rows + i) * kManyRounds;
}

Mixer::Mixer(Communicator& communicator, ThreadPool& pool, NodeLayout layout, std::size_t dim, const MixingSchedule& schedule)
    : pool_(pool), layout_(layout), dim_(dim), schedule_(schedule), exchange_(communicator, layout, dim) {
  require(schedule.nodes() == layout.nodes, "the mixing matrix is for {} nodes and the run has {}", schedule.nodes(), layout.nodes);
  for (int worker = 0; worker < pool.threads(); ++worker) scratch_.emplace_back(static_cast<std::size_t>(layout.mine().count));
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
  Round round{.neighbors = {layout_, between_ranks}, .rows = {}, .ring = {}, .links = links};
  const NodeBlock mine = layout_.mine();
  for (int k = 0; k < mine.count; ++k) {
    auto& terms = round.rows.emplace_back();
    for (const auto& [j, value] : w.row(mine.first + k))
      if (j != mine.first + k) terms.push_back({round.neighbors.source(j), static_cast<float>(value)});
  }
  round.ring = ring_of(round.rows);
  return round;
}

const Mixer::Round& Mixer::round(std::int64_t t) {
  const std::int64_t key = schedule_.period() > 0 ? t % schedule_.period() : t;
  if (const auto it = plans_.find(key); it != plans_.end()) return it->second;
  return plans_.emplace(key, plan(schedule_.at(t))).first->second;
}

std::int64_t Mixer::bytes(std::int64_t t) { return round(t).links * static_cast<std::int64_t>(dim_) * 4; }

void Mixer::mix_columns(NodeMatrix& x, std::span<const Round* const> rounds, std::size_t begin, std::size_t end, float strength, Scratch& scratch,
                        double* moved_blocks) const {
  const auto count = static_cast<std::size_t>(x.count());
  const std::size_t width = rounds.size() > 1 ? kManyRounds : kOneRound;
  scratch.x.clear();
  for (std::size_t i = 0; i < count; ++i) scratch.x.push_back(x.address(static_cast<int>(i)));
  const std::size_t halo = rounds.size() > 1 || !halo_ ? 0 : static_cast<std::size_t>(rounds.front()->neighbors.halo());
  for (std::size_t h = 0; h < halo; ++h) scratch.x.push_back(halo_->address(static_cast<int>(h)));

  const std::size_t stop = std::min((end + kLine - 1) / kLine * kLine, x.stride());  // what pads a row is zero, and stays so
  for (std::size_t at = begin; at < stop; at += width) {
    const std::size_t block = std::min(width, stop - at);
    const bool whole = block == width && !moved_blocks;
    std::size_t half = 0;  // of the scratch memory, that the last round wrote
    bool in_x = false;
    for (std::size_t q = 0; q < rounds.size(); ++q) {
      const Round& round = *rounds[q];
      const bool ring = whole && !round.ring.empty() && (q > 0 || count <= kRingRows), to_x = q + 1 == rounds.size() && (q > 0 || ring);
      const auto& sources = q == 0 ? scratch.x : scratch.halves[half];
      const std::size_t from = q == 0 ? at : 0, ahead = q == 0 ? std::min(width, x.stride() - at - block) : 0;
      if (q > 0 && !ring) half = 1 - half;  // a ring is mixed in place
      float* const out = to_x ? x.data() + at : scratch.memory.data() + half * count * width;
      const std::size_t out_stride = to_x ? x.stride() : width;
      const auto mix = [&]<std::size_t kWidth>() {
        if (!ring) return mix_block<kWidth>(round.rows, sources.data(), from, strength, out, out_stride, ahead);
        scratch.weights.clear();
        for (const float weight : round.ring) scratch.weights.push_back(weight * strength);
        gossip_ring<kWidth>(sources.data(), from, scratch.weights, out, out_stride, ahead);
      };
      if (whole && width == kOneRound)
        mix.template operator()<kOneRound>();
      else if (whole)
        mix.template operator()<kManyRounds>();
      else
        for (std::size_t i = 0; i < count; ++i) {
          float sum[kOneRound];
          fetch(sources[i] + from + width, ahead);
          gossip_row<0, 0, true>(sources[i] + from, sources.data(), from, round.rows[i], strength, out + i * out_stride, block, sum);
          for (std::size_t c = 0; c < block && moved_blocks && q == 0; c += kBlock)
            moved_blocks[i * blocks(dim_) + (at + c) / kBlock] = squared_norm({sum + c, std::min(kBlock, block - c)});
        }
      in_x = to_x;
    }
    for (std::size_t i = 0; i < count && !in_x; ++i) std::copy_n(scratch.memory.data() + i * width, block, x.address(static_cast<int>(i)) + at);
  }
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

void Mixer::choose(std::int64_t first, int count) {
  if (schedule_.period() == 0) plans_.clear();
  current_.clear();
  for (int q = 0; q < count; ++q) current_.push_back(&round(first + q));
}

ColumnWork Mixer::by_columns(NodeMatrix& x, std::int64_t first, int count, double strength) {
  choose(first, count);
  return [this, &x, strength](std::size_t begin, std::size_t end, int worker) {
    mix_columns(x, current_, begin, end, static_cast<float>(strength), scratch_[static_cast<std::size_t>(worker)], nullptr);
  };
}

void Mixer::rounds(NodeMatrix& x, std::int64_t first, int count, double strength, std::span<double> moved) {
  std::fill(moved.begin(), moved.end(), 0.0);
  if (count <= 0) return;
  choose(first, count);
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
    const std::size_t share = dim_ / (4 * static_cast<std::size_t>(pool_.threads())) / kOneRound * kOneRound;
    const std::size_t columns = std::clamp(share, kOneRound, kColumns);
    pool_.for_each(static_cast<std::int64_t>((dim_ + columns - 1) / columns), [&](std::int64_t part, int worker) {
      const std::size_t begin = static_cast<std::size_t>(part) * columns;
      mix_columns(x, rounds, begin, std::min(begin + columns, dim_), static_cast<float>(strength), scratch_[static_cast<std::size_t>(worker)], moved_blocks);
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
