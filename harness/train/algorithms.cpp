#include "harness/core/check.hpp"
#include "harness/core/row_of.hpp"
#include "harness/mix/moments.hpp"
#include "harness/train/algorithm.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::array kAlgorithms{
    AlgorithmInfo{.name = "centralized",
                  .help = "mini-batch SGD: gradients averaged exactly in every step (all-reduce)",
                  .uses_policy = false,
                  .make = make_centralized},
    AlgorithmInfo{.name = "dsgd",
                  .help = "decentralized SGD: local step, then gossip as the consensus policy asks (adapt, then combine)",
                  .make = make_dsgd},
    AlgorithmInfo{.name = "dsgd-cta",
                  .help = "D-SGD with gossip first and the step, by the gradient at the old model, after it (combine, then adapt: D-PSGD)",
                  .combines_first = true,
                  .make = make_dsgd_cta},
    AlgorithmInfo{.name = "qg-dsgdm",
                  .help = "D-SGD with quasi-global momentum: the momentum of what step and gossip together did",
                  .own_momentum = true,
                  .matrices = 2,
                  .make = make_qg_dsgdm},
    AlgorithmInfo{.name = "d2",
                  .help = "D²: D-SGD that takes back what the gradient before did: heterogeneous data leave no bias",
                  .matrices = 1,
                  .lambda_min_above = -1.0 / 3,
                  .make = make_d2},
    AlgorithmInfo{.name = "gradient-tracking",
                  .help = "local step along an estimate of the mean gradient, which is mixed as the models are (DSGT): twice the traffic",
                  .matrices = 2,
                  .make = make_gradient_tracking},
};

}  // namespace

std::span<const AlgorithmInfo> algorithms() { return kAlgorithms; }

const AlgorithmInfo& algorithm_info(std::string_view name) { return row_of(kAlgorithms, name, "algorithm", "[train] algorithm"); }

namespace {

// All nodes at once, as a task that works on a device does.
void compute_on_device(StepContext& c) {
  const double from = c.watch.now();
  double data = 0;
  c.task.gradients(c.at.step, c.pool, c.loss, &data);
  c.g.device()->row_norms(c.g.data(), c.g.stride(), c.g.dim(), c.gradient_norm2);
  const double busy = c.watch.now() - from;
  c.watch.lap(Part::compute);
  c.watch.move(Part::compute, Part::data, std::min(data, busy));
}

}  // namespace

void compute_gradients(StepContext& c) {
  if (c.g.device()) return compute_on_device(c);
  std::vector<double> data_s(static_cast<std::size_t>(c.pool.threads()), 0.0), busy_s(data_s.size(), 0.0);
  c.pool.for_each(c.x.count(), [&](std::int64_t k, int worker) {
    const auto node = static_cast<std::size_t>(k), w = static_cast<std::size_t>(worker);
    const double from = c.watch.now();
    double data = 0;
    c.loss[node] = c.task.gradient(static_cast<int>(k), c.at.step, &data);
    c.gradient_norm2[node] = dot(c.g.row(static_cast<int>(k)), c.g.row(static_cast<int>(k)));
    data_s[w] += data;
    busy_s[w] += c.watch.now() - from;
  });
  c.watch.lap(Part::compute);
  double data = 0, busy = 0;
  for (std::size_t w = 0; w < data_s.size(); ++w) data += data_s[w], busy += busy_s[w];
  if (busy > 0) c.watch.move(Part::compute, Part::data, c.watch.seconds(Part::compute) * data / busy);
}

}  // namespace xib
