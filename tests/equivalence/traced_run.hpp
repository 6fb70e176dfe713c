#pragma once

#include "harness/comm/thread_world.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"
#include "harness/run/session.hpp"
#include "harness/run/train.hpp"
#include "reference/problem.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

// The harness's own training loop, with every step's models kept: what the twins of reference/ are compared with.
namespace xib::equivalence {

struct Traced {
  std::vector<reference::Matrix> after;  // per step: X of all nodes, after mixing
  RunRecord record;
};

struct Places {
  int ranks = 1, threads = 1;
};
inline constexpr Places kPlaces[] = {{1, 1}, {1, 2}, {3, 2}};

// Steps as the algorithm inside does, then keeps this rank's rows.
class Watched final : public Algorithm {
 public:
  Watched(std::unique_ptr<Algorithm> inner, std::function<void(std::int64_t step, const NodeMatrix& x)> keep)
      : inner_(std::move(inner)), keep_(std::move(keep)) {}
  void step(StepContext& context) override {
    inner_->step(context);
    keep_(context.at.step, context.x);
  }
  KeptState state() override { return inner_->state(); }

 private:
  std::unique_ptr<Algorithm> inner_;
  std::function<void(std::int64_t, const NodeMatrix&)> keep_;
};

inline Traced traced_run(Places places, const std::function<std::unique_ptr<Run>(Communicator&, const Machine&)>& make) {
  Traced traced;
  std::mutex mutex;
  run_thread_ranks(places.ranks, [&](Communicator& communicator) {
    const auto run = make(communicator, {.threads = places.threads, .data_directory = {}});
    const int first = run->layout.mine().first;
    run->algorithm = std::make_unique<Watched>(std::move(run->algorithm), [&](std::int64_t step, const NodeMatrix& x) {
      const std::lock_guard lock(mutex);
      traced.after.resize(std::max(traced.after.size(), static_cast<std::size_t>(step) + 1));
      auto& rows = traced.after[static_cast<std::size_t>(step)];
      rows.resize(static_cast<std::size_t>(run->layout.nodes));
      for (int k = 0; k < x.count(); ++k) rows[static_cast<std::size_t>(first + k)].assign(x.row(k).begin(), x.row(k).end());
    });
    RunRecord empty;
    empty.nodes = run->layout.nodes;
    empty.ranks = run->layout.ranks;
    Recorder recorder(communicator, run->layout, run->config.train.warmup_epochs, std::move(empty), 0);
    Session session(run->course(), recorder, 0, 1e9, {});
    train(*run, recorder, session);
    recorder.gather();
    if (communicator.rank() == 0) traced.record = std::move(recorder.record());
  });
  return traced;
}

// The largest difference of a parameter in any step; infinite where the numbers of steps, nodes or parameters differ.
inline double largest_difference(const std::vector<reference::Matrix>& harness, const reference::Trace& twin) {
  double largest = harness.size() == twin.size() ? 0 : INFINITY;
  for (std::size_t t = 0; t < twin.size() && std::isfinite(largest); ++t)
    for (std::size_t i = 0; i < twin[t].after.size(); ++i)
      for (std::size_t k = 0; k < twin[t].after[i].size(); ++k) {
        const double difference = std::abs(harness[t].at(i).at(k) - twin[t].after[i][k]);
        largest = difference <= largest ? largest : std::isnan(difference) ? INFINITY : difference;
      }
  return largest;
}

}  // namespace xib::equivalence
