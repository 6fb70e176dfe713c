#include "harness/mix/column_exchange.hpp"

#include <algorithm>
#include <cstring>

namespace xib {
namespace {

// Columns begin .. begin + width of all rows of x, one after the other.
void pack(const NodeMatrix& x, std::size_t begin, std::size_t width, float* to) {
  if (x.device())
    return x.device()->copy_pieces(to, width * sizeof(float), x.data() + begin, x.stride() * sizeof(float), width * sizeof(float),
                                   static_cast<std::size_t>(x.count()));
  for (int k = 0; k < x.count(); ++k, to += width) std::memcpy(to, x.address(k) + begin, width * sizeof(float));
}

}  // namespace

ColumnBounds equal_columns(int ranks, std::size_t dim) {
  ColumnBounds bounds;
  for (std::size_t r = 0; r <= static_cast<std::size_t>(ranks); ++r)
    bounds.push_back(std::min(dim, (dim * r / static_cast<std::size_t>(ranks) + 15) / 16 * 16));
  bounds.back() = dim;
  return bounds;
}

std::span<const float* const> ColumnExchange::rows(const NodeMatrix& x, const ColumnBounds& bounds) {
  const NodeBlock block = layout_.mine();
  for (int k = 0; k < block.count; ++k) rows_[static_cast<std::size_t>(block.first + k)] = x.address(k);
  if (layout_.ranks == 1) return rows_;
  const auto count = static_cast<std::size_t>(block.count), me = static_cast<std::size_t>(layout_.rank);
  const std::size_t mine = bounds[me + 1] - bounds[me], others = rows_.size() - count;
  const bool alone = count == 1;  // a row's columns are one piece of memory already
  const std::size_t floats = others * mine + (alone ? 0 : count * (x.dim() - mine));
  if (!x.device()) host_.resize(floats);
  float* at = x.device() ? on_device_.reserve(*x.device(), floats) : host_.data();
  sends_.clear(), receives_.clear();
  for (int r = 0; r < layout_.ranks; ++r) {
    if (r == layout_.rank) continue;
    const std::size_t begin = bounds[static_cast<std::size_t>(r)], width = bounds[static_cast<std::size_t>(r) + 1] - begin;
    if (width > 0 && alone) sends_.push_back({r, {x.address(0) + begin, width}});
    if (width > 0 && !alone) {
      pack(x, begin, width, at);
      sends_.push_back({r, {at, count * width}});
      at += count * width;
    }
    const NodeBlock from = layout_.block(r);
    for (int k = 0; k < from.count; ++k)  // a rank may have no columns, and then no memory
      rows_[static_cast<std::size_t>(from.first + k)] = mine > 0 ? at + static_cast<std::size_t>(k) * mine - bounds[me] : nullptr;
    if (mine > 0) receives_.push_back({r, {at, static_cast<std::size_t>(from.count) * mine}});
    at += static_cast<std::size_t>(from.count) * mine;
  }
  exchange_(sends_, receives_, x.device());
  return rows_;
}

void ColumnExchange::share(std::span<float> row, const ColumnBounds& bounds, Device* device) {
  if (layout_.ranks == 1) return;
  sends_.clear(), receives_.clear();
  const auto columns = [&](int rank) {
    const auto r = static_cast<std::size_t>(rank);
    return row.subspan(bounds[r], bounds[r + 1] - bounds[r]);
  };
  const std::span<float> mine = columns(layout_.rank);
  for (int r = 0; r < layout_.ranks; ++r) {
    if (r == layout_.rank) continue;
    if (!mine.empty()) sends_.push_back({r, mine});
    if (!columns(r).empty()) receives_.push_back({r, columns(r)});
  }
  exchange_(sends_, receives_, device);
}

}  // namespace xib
