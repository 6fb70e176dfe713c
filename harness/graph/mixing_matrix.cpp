#include "harness/graph/mixing_matrix.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/graph/exact_sum.hpp"

namespace xib {
namespace {

using Rows = std::vector<std::vector<Weight>>;

// A diagonal entry that the caller left out is 0.
void insert_diagonal(std::vector<Weight>& row, int i) {
  const auto at = std::lower_bound(row.begin(), row.end(), i, [](const Weight& w, int node) { return w.node < node; });
  if (at == row.end() || at->node != i) row.insert(at, {i, 0.0});
}

void check_entries(Rows& rows) {
  const int n = static_cast<int>(rows.size());
  for (int i = 0; i < n; ++i) {
    auto& row = rows[static_cast<std::size_t>(i)];
    std::sort(row.begin(), row.end(), [](const Weight& a, const Weight& b) { return a.node < b.node; });
    for (std::size_t k = 0; k < row.size(); ++k) {
      const auto [j, value] = row[k];
      require(0 <= j && j < n, "W has the entry ({}, {}), but only {} nodes: correct the column", i, j, n);
      require(k == 0 || row[k - 1].node != j, "W has the entry ({}, {}) twice: remove one", i, j);
      require(std::isfinite(value), "W({}, {}) is {}: weights are finite numbers", i, j, value);
      require(value >= 0, "W({}, {}) is {}, which is negative (mixing must average): use a weight in [0, 1]", i, j, value);
    }
    insert_diagonal(row, i);
  }
}

struct Sums {
  std::vector<double> rows, columns;
};

Sums sums_of(const Rows& rows) {
  std::vector<ExactSum> row_sums(rows.size()), column_sums(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const auto& [j, value] : rows[i]) {
      row_sums[i].add(value);
      column_sums[static_cast<std::size_t>(j)].add(value);
    }
  Sums sums;
  for (const auto& s : row_sums) sums.rows.push_back(s.value());
  for (const auto& s : column_sums) sums.columns.push_back(s.value());
  return sums;
}

// The first sum that is not 1, or sums.size().
std::size_t first_off(const std::vector<double>& sums) {
  const double tolerance = static_cast<double>(sums.size()) * 0x1p-52;
  const auto at = std::find_if(sums.begin(), sums.end(), [&](double s) { return !(std::abs(s - 1) <= tolerance); });
  return static_cast<std::size_t>(at - sums.begin());
}

}  // namespace

MixingMatrix::MixingMatrix(Rows rows, Stochastic stochastic) : rows_(std::move(rows)), stochastic_(stochastic) {
  require(!rows_.empty(), "W needs at least one node");
  check_entries(rows_);
  const Sums sums = sums_of(rows_);
  const std::size_t row = first_off(sums.rows), column = first_off(sums.columns);
  if (stochastic_ == Stochastic::rows)
    require(row == rows_.size(), "row {} of W sums to {:.17g} instead of 1 (models would shrink or grow): correct the row", row,
            sums.rows[std::min(row, rows_.size() - 1)]);
  else
    require(column == rows_.size(), "column {} of W sums to {:.17g} instead of 1 (push-sum would lose mass): correct the column", column,
            sums.columns[std::min(column, rows_.size() - 1)]);
  doubly_stochastic_ = row == rows_.size() && column == rows_.size();
  symmetric_ = true;
  for (int i = 0; symmetric_ && i < size(); ++i)
    for (const auto& [j, value] : this->row(i)) symmetric_ = symmetric_ && at(j, i) == value;
}

double MixingMatrix::at(int row, int column) const {
  const auto& entries = rows_[static_cast<std::size_t>(row)];
  const auto found = std::lower_bound(entries.begin(), entries.end(), column, [](const Weight& w, int node) { return w.node < node; });
  return found != entries.end() && found->node == column ? found->value : 0.0;
}

int MixingMatrix::max_degree() const {
  std::size_t entries = 1;
  for (const auto& row : rows_) entries = std::max(entries, row.size());
  return static_cast<int>(entries) - 1;
}

std::int64_t MixingMatrix::messages() const {
  std::int64_t entries = 0;
  for (const auto& row : rows_) entries += static_cast<std::int64_t>(row.size()) - 1;
  return entries;
}

Topology graph_of(const MixingMatrix& w) {
  std::vector<std::vector<int>> senders(static_cast<std::size_t>(w.size()));
  bool directed = false;
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, value] : w.row(i)) {
      if (j == i) continue;
      senders[static_cast<std::size_t>(i)].push_back(j);
      directed = directed || w.at(j, i) == 0;
    }
  return Topology(std::move(senders), directed);
}

std::vector<MixingMatrix> support_of(const Law& law) {
  std::vector<MixingMatrix> support;
  for (int k = 0; k < law.support_size; ++k) support.push_back(law.support(k));
  return support;
}

MixingSchedule::MixingSchedule(std::vector<MixingMatrix> period) : nodes_(period.empty() ? 0 : period.front().size()), matrices_(std::move(period)) {
  require(!matrices_.empty(), "a mixing schedule needs at least one matrix");
  for (const auto& w : matrices_)
    require(w.size() == nodes_, "a mixing schedule has matrices of {} and {} nodes: all rounds mix the same nodes", nodes_, w.size());
}

MixingSchedule::MixingSchedule(int nodes, std::function<MixingMatrix(std::int64_t)> generator, Law law)
    : nodes_(nodes), generator_(std::move(generator)), law_(std::move(law)) {}

const MixingMatrix& MixingSchedule::at(std::int64_t round) const {
  if (!matrices_.empty()) return matrices_[static_cast<std::size_t>(round % period())];
  if (round != current_round_) {
    current_.assign(1, generator_(round));
    current_round_ = round;
  }
  return current_.front();
}

}  // namespace xib
