#include "harness/mix/slice_sums.hpp"

#include "harness/mix/column_slices.hpp"
#include "harness/mix/tile.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

constexpr std::size_t kSmall = 6000;  // numbers: below, an all-gather takes fewer messages; above, its rounds would wait for each other

std::size_t size(int number) { return static_cast<std::size_t>(number); }

// `count` things spread over ranks: rank r has those from share(count, ranks, r) to share(count, ranks, r + 1).
std::size_t share(std::size_t count, int ranks, int rank) { return count * size(rank) / size(ranks); }

bool by_tiles(int nodes, int ranks, const ColumnSlices& slices) { return nodes > SliceSums::kFew && ranks > slices.count; }

std::size_t piece_count(int nodes, int ranks, std::size_t dim) {
  const ColumnSlices slices(nodes, dim);
  if (!by_tiles(nodes, ranks, slices)) return size(slices.count);
  std::size_t tiles = 0;
  for (int s = 0; s < slices.count; ++s) tiles += (slices.end(s) - slices.begin(s) + kTile - 1) / kTile;
  return tiles;
}

// An exchange moves bits, whatever they mean.
std::span<const float> bits(std::span<const double> numbers) { return {reinterpret_cast<const float*>(numbers.data()), 2 * numbers.size()}; }
std::span<float> bits(std::span<double> numbers) { return {reinterpret_cast<float*>(numbers.data()), 2 * numbers.size()}; }

}  // namespace

SliceSums::SliceSums(Communicator& communicator, NodeLayout layout, std::size_t dim) : communicator_(communicator), layout_(layout) {
  const ColumnSlices slices(layout.nodes, dim);
  const bool tiles = by_tiles(layout.nodes, layout.ranks, slices);
  for (int s = 0; s < slices.count; ++s)
    for (std::size_t at = slices.begin(s);;) {
      bounds_.push_back(at);
      at = tiles ? std::min(at + kTile, slices.end(s)) : slices.end(s);
      ends_slice_.push_back(at == slices.end(s));
      if (ends_slice_.back()) break;
    }
  bounds_.push_back(dim);
  for (int r = 0; r <= layout.ranks; ++r) columns_.push_back(bounds_[first_piece(r)]);
}

std::size_t SliceSums::first_piece(int rank) const { return share(ends_slice_.size(), layout_.ranks, rank); }

std::span<const std::size_t> SliceSums::pieces_of(int rank) const {
  const std::size_t first = first_piece(rank), last = first_piece(rank + 1);
  return std::span(bounds_).subspan(first, last - first + 1);
}

std::vector<double> SliceSums::operator()(std::span<const double> part, std::size_t shared, std::size_t kept) {
  const std::size_t width = shared + kept;
  if (layout_.nodes <= kFew || layout_.ranks == 1) return sum_everywhere(part, width);
  std::vector<double> sums = share_with_all(sum_share(part, width, 0, shared), shared);
  if (kept == 0) return sums;
  const std::vector<double> mine = sum_share(part, width, shared, kept);
  if (layout_.rank == 0) sums.resize(width);
  bring_to_0(mine, std::span(sums).subspan(shared));
  return sums;
}

std::vector<double> SliceSums::sum_everywhere(std::span<const double> part, std::size_t numbers) {
  std::vector<double> all(ends_slice_.size() * numbers), sum(numbers, 0.0);
  const auto of = [&](int r) { return std::span(all).subspan(first_piece(r) * numbers, (first_piece(r + 1) - first_piece(r)) * numbers); };
  if (all.size() <= kSmall || layout_.ranks == 1) {
    std::vector<int> counts;
    for (int r = 0; r < layout_.ranks; ++r) counts.push_back(static_cast<int>(of(r).size()));
    communicator_.all_gather(part, counts, all);
  } else {
    std::vector<Send> sends;
    std::vector<Receive> receives;
    for (int r = 0; r < layout_.ranks; ++r) {
      if (r == layout_.rank) continue;
      if (!part.empty()) sends.push_back({r, bits(part)});
      if (!of(r).empty()) receives.push_back({r, bits(of(r))});
    }
    std::ranges::copy(part, of(layout_.rank).begin());
    communicator_.exchange(sends, receives);
  }
  for (std::size_t piece = 0; piece < ends_slice_.size(); ++piece)
    for (std::size_t k = 0; k < numbers; ++k) sum[k] += all[piece * numbers + k];
  return sum;
}

std::vector<double> SliceSums::sum_share(std::span<const double> part, std::size_t width, std::size_t offset, std::size_t count) {
  const std::size_t mine = first_piece(layout_.rank + 1) - first_piece(layout_.rank), begin = share(count, layout_.ranks, layout_.rank),
                    own = share(count, layout_.ranks, layout_.rank + 1) - begin;
  std::vector<double> outbox(mine * count), inbox(ends_slice_.size() * own), sum(own, 0.0), slice(own, 0.0);
  std::vector<Send> sends;
  std::vector<Receive> receives;
  double* to = outbox.data();
  for (int r = 0; r < layout_.ranks; ++r) {
    const std::size_t from = share(count, layout_.ranks, r), theirs = share(count, layout_.ranks, r + 1) - from, pieces = first_piece(r + 1) - first_piece(r);
    const std::span<double> in = std::span(inbox).subspan(first_piece(r) * own, pieces * own), out(to, mine * theirs);
    for (std::size_t piece = 0; piece < mine; ++piece, to += theirs) std::copy_n(part.data() + piece * width + offset + from, theirs, to);
    if (r == layout_.rank) {
      std::ranges::copy(out, in.begin());
      continue;
    }
    if (!out.empty()) sends.push_back({r, bits(std::span<const double>(out))});
    if (!in.empty()) receives.push_back({r, bits(in)});
  }
  communicator_.exchange(sends, receives);
  for (std::size_t piece = 0; piece < ends_slice_.size(); ++piece) {
    for (std::size_t k = 0; k < own; ++k) slice[k] += inbox[piece * own + k];
    if (!ends_slice_[piece]) continue;
    for (std::size_t k = 0; k < own; ++k) sum[k] += slice[k];
    std::ranges::fill(slice, 0.0);
  }
  return sum;
}

std::vector<double> SliceSums::share_with_all(std::span<const double> mine, std::size_t count) {
  std::vector<double> all(count);
  std::vector<int> counts;
  for (int r = 0; r < layout_.ranks; ++r) counts.push_back(static_cast<int>(share(count, layout_.ranks, r + 1) - share(count, layout_.ranks, r)));
  communicator_.all_gather(mine, counts, all);
  return all;
}

void SliceSums::bring_to_0(std::span<const double> mine, std::span<double> all) {
  std::vector<Send> sends;
  std::vector<Receive> receives;
  if (layout_.rank != 0) {
    if (!mine.empty()) sends.push_back({0, bits(mine)});
  } else {
    std::ranges::copy(mine, all.begin());
    for (int r = 1; r < layout_.ranks; ++r) {
      const std::size_t begin = share(all.size(), layout_.ranks, r), end = share(all.size(), layout_.ranks, r + 1);
      if (end > begin) receives.push_back({r, bits(all.subspan(begin, end - begin))});
    }
  }
  communicator_.exchange(sends, receives);
}

std::int64_t SliceSums::bytes(int nodes, std::size_t dim, std::size_t shared, std::size_t kept) {
  const std::size_t others = size(nodes - 1), count = piece_count(nodes, nodes, dim);
  std::size_t numbers = others * count * (shared + kept);
  if (nodes > kFew) {
    numbers = others * shared + kept - share(kept, nodes, 1);
    for (int r = 0; r < nodes; ++r) {
      const auto of = [&](std::size_t all) { return share(all, nodes, r + 1) - share(all, nodes, r); };
      numbers += of(count) * (shared - of(shared) + kept - of(kept));
    }
  }
  return static_cast<std::int64_t>(others * dim * 4 + numbers * 8);
}

double SliceSums::memory(int nodes, int ranks, std::size_t dim, double numbers) {
  const auto count = static_cast<double>(piece_count(nodes, ranks, dim));
  return 8 * numbers * (nodes <= kFew || ranks == 1 ? 2 * count : 1 + 3 * std::ceil(count / ranks));
}

}  // namespace xib
