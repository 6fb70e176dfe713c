#include "harness/run/recorder.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/record/layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace xib {
namespace {

// An attempt on more ranks than any before: their columns are NaN in the rows that exist.
void widen(RunRecord& record, int ranks) {
  const auto width = static_cast<std::size_t>(record.ranks), wider = static_cast<std::size_t>(ranks);
  if (wider <= width) return;
  for (auto* columns : {&record.rank_compute_s, &record.rank_mix_s, &record.rank_wait_s}) {
    std::vector<float> rows(record.steps.size() * wider, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t t = 0; t < record.steps.size(); ++t)
      std::copy_n(columns->begin() + static_cast<std::ptrdiff_t>(t * width), width, rows.begin() + static_cast<std::ptrdiff_t>(t * wider));
    *columns = std::move(rows);
  }
  record.ranks = ranks;
}

void set_times(StepRow& row, const Stopwatch& watch) {
  row.wall_s = watch.total();
  for_each_part([&](const auto& column, double StepRow::*seconds) { row.*seconds = watch.seconds(*column.part); });
}

}  // namespace

Recorder::Recorder(Communicator& communicator, const NodeLayout& layout, double warmup_epochs, RunRecord record, std::int16_t attempt,
                   std::unique_ptr<RowLog> log)
    : communicator_(communicator),
      layout_(layout),
      warmup_epochs_(warmup_epochs),
      record_(std::move(record)),
      attempt_(attempt),
      log_(std::move(log)),
      start_(communicator.now()),
      wire_bytes_(communicator.traffic().bytes) {
  if (layout.rank != 0) return;
  widen(record_, layout.ranks);
  if (record_.steps.empty()) return;
  before_ns_ = record_.steps.back().t_ns;
  const StepTotals earlier = totals();
  train_seconds_ = earlier.train_s;
  bad_ = earlier.first_bad;
}

StepTotals Recorder::totals() const {
  StepTotals totals = log_ ? log_->totals() : StepTotals();
  totals.add(record_.steps);
  return totals;
}

std::size_t Recorder::row_bytes() const {
  return sizeof(StepRow) + sizeof(float) * 2 * static_cast<std::size_t>(layout_.nodes) + sizeof(float) * 3 * static_cast<std::size_t>(record_.ranks);
}

std::int64_t Recorder::most_steps_at_once() const { return std::max<std::int64_t>(1, static_cast<std::int64_t>(kRowsInMemory / row_bytes())); }

void Recorder::spill() {
  if (record_.steps.empty()) return;
  Rows rows;
  rows.nodes = layout_.nodes;
  rows.ranks = record_.ranks;
  rows.evaluations.assign(record_.evaluations.begin() + static_cast<std::ptrdiff_t>(saved_evaluations()), record_.evaluations.end());
  if (record_.steps.size() == 1 && rows.evaluations.empty()) return;
  const auto all_but_last = [](auto& from, std::size_t width) {
    auto all = std::move(from);
    from.assign(all.end() - static_cast<std::ptrdiff_t>(width), all.end());
    all.resize(all.size() - width);
    return all;
  };
  rows.steps = all_but_last(record_.steps, 1);
  for (const auto& column : kNodeColumns) rows.*column.member = all_but_last(record_.*column.member, static_cast<std::size_t>(layout_.nodes));
  for (const auto& column : kRankColumns) rows.*column.member = all_but_last(record_.*column.member, static_cast<std::size_t>(record_.ranks));
  log_->append(rows);
}

std::vector<RowPart> Recorder::save_rows() {
  if (!log_) return {};
  spill();
  return log_->make_durable();
}

void Recorder::step(const StepContext& c) {
  const std::int64_t wire = communicator_.traffic().bytes;
  const auto& done = c.communicated;
  const auto communication = c.exact_gradients ? Communication::exact_gradients : done.exact ? Communication::exact_models : Communication::gossip;
  StepRow row{.step = c.at.step, .epoch = c.at.epoch, .lr = c.at.lr, .phase = c.at.phase};
  row.consensus_distance = done.distance;
  row.consensus_distance_before = done.distance_before;
  row.displacement = done.displacement;
  row.target_distance = done.target;
  row.critical_distance = done.critical;
  row.target_reached = done.reached;
  row.communication = static_cast<std::uint8_t>(communication);
  row.gossip_rounds = c.exact_gradients ? 0 : done.rounds;
  row.mixing_strength = done.strength;
  row.mean_model_norm = done.mean_norm;
  row.samples = c.task.batch_size() * layout_.nodes;
  row.bytes_sent = done.bytes;
  row.gauge_bytes_sent = done.gauge_bytes;
  row.decision_bytes_sent = static_cast<double>(done.decision_bytes);
  row.decision_by_gram = done.by_gram;
  row.decision_measurements = done.measurements;
  row.t_ns = before_ns_ + static_cast<std::int64_t>((communicator_.now() - start_) * 1e9);
  row.attempt = attempt_;
  row.flags = static_cast<std::uint8_t>(c.at.epoch < warmup_epochs_ ? flag_warmup : 0);

  mine_.insert(mine_.end(), c.loss.begin(), c.loss.end());
  mine_.insert(mine_.end(), c.gradient_norm2.begin(), c.gradient_norm2.end());
  mine_.insert(mine_.end(), {c.watch.seconds(Part::compute), c.watch.seconds(Part::mix), c.watch.seconds(Part::wait), static_cast<double>(wire - wire_bytes_)});
  if (layout_.rank == 0) {
    const auto squared = c.consensus.squared_distances();
    for (int i = 0; i < layout_.nodes; ++i)
      distance_.push_back(squared.empty() ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(std::sqrt(squared[static_cast<std::size_t>(i)])));
    rows_.push_back(row);
  }
  wire_bytes_ = communicator_.traffic().bytes;
  train_seconds_ += c.watch.total();
  c.watch.lap(Part::record);
  if (layout_.rank == 0) set_times(rows_.back(), c.watch);
}

void Recorder::evaluation(EvaluationRow row) {
  row.train_seconds = train_seconds_;
  if (!rows_.empty()) rows_.back().flags |= flag_evaluation;
  record_.evaluations.push_back(std::move(row));
}

void Recorder::close_step(Stopwatch& watch) {
  const double waited = watch.seconds(Part::wait);
  watch.lap(Part::record);
  watch.move(Part::wait, Part::record, watch.seconds(Part::wait) - waited);  // for others that evaluate
  if (layout_.rank == 0) set_times(rows_.empty() ? record_.steps.back() : rows_.back(), watch);
}

std::int64_t Recorder::gather() {
  const auto bytes = communicator_.gather(std::as_bytes(std::span(mine_)));
  mine_.clear();
  bad_ = from_rank_0<std::int64_t>(communicator_, [&] {
    std::vector<double> all(bytes.size() / sizeof(double));
    if (!bytes.empty()) std::memcpy(all.data(), bytes.data(), bytes.size());
    const auto n = static_cast<std::size_t>(layout_.nodes), ranks = static_cast<std::size_t>(layout_.ranks), rows = rows_.size();
    const std::size_t width = static_cast<std::size_t>(record_.ranks);
    std::vector<double> loss(rows * n), norm2(rows * n);
    std::vector<float> compute(rows * width, NAN), mix(rows * width, NAN), wait(rows * width, NAN);
    const double* at = all.data();
    for (std::size_t r = 0; r < ranks; ++r) {
      const NodeBlock block = layout_.block(static_cast<int>(r));
      const auto first = static_cast<std::size_t>(block.first), count = static_cast<std::size_t>(block.count);
      for (std::size_t t = 0; t < rows; ++t) {
        for (std::size_t k = 0; k < count; ++k) loss[t * n + first + k] = *at++;
        for (std::size_t k = 0; k < count; ++k) norm2[t * n + first + k] = *at++;
        compute[t * width + r] = static_cast<float>(*at++);
        mix[t * width + r] = static_cast<float>(*at++);
        wait[t * width + r] = static_cast<float>(*at++);
        rows_[t].wire_bytes += static_cast<std::int64_t>(*at++);
      }
    }
    for (std::size_t t = 0; t < rows; ++t) {
      double loss_sum = 0, norm2_sum = 0;
      for (std::size_t i = 0; i < n; ++i) loss_sum += loss[t * n + i], norm2_sum += norm2[t * n + i];
      rows_[t].train_loss = loss_sum / static_cast<double>(n);
      rows_[t].minibatch_gradient_norm = std::sqrt(norm2_sum / static_cast<double>(n));
      if (bad_ < 0 && !std::isfinite(rows_[t].train_loss)) bad_ = rows_[t].step;
    }
    record_.steps.insert(record_.steps.end(), rows_.begin(), rows_.end());
    record_.node_train_loss.insert(record_.node_train_loss.end(), loss.begin(), loss.end());
    record_.node_distance_to_mean.insert(record_.node_distance_to_mean.end(), distance_.begin(), distance_.end());
    record_.rank_compute_s.insert(record_.rank_compute_s.end(), compute.begin(), compute.end());
    record_.rank_mix_s.insert(record_.rank_mix_s.end(), mix.begin(), mix.end());
    record_.rank_wait_s.insert(record_.rank_wait_s.end(), wait.begin(), wait.end());
    rows_.clear();
    distance_.clear();
    if (log_ && record_.steps.size() * row_bytes() > kRowsInMemory) spill();
    return bad_;
  });
  return bad_;
}

}  // namespace xib
