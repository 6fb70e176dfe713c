#include "harness/core/check.hpp"
#include "harness/core/made_from.hpp"
#include "harness/core/row_of.hpp"
#include "harness/mix/moments.hpp"
#include "harness/train/algorithm.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::string_view kKey = "train.algorithm";

}  // namespace

// The table: a row stands in its algorithm's file.
extern const AlgorithmInfo kCentralized, kDsgd, kDsgdCta, kQgDsgdm, kD2, kGradientTracking, kSgp;

std::span<const AlgorithmInfo> algorithms() {
  static const std::array all{kCentralized, kDsgd, kDsgdCta, kQgDsgdm, kD2, kGradientTracking, kSgp};
  return all;
}

const AlgorithmInfo& algorithm_info(std::string_view text) { return row_of(algorithms(), Term::parse(text, kKey).name, "algorithm", kKey); }

std::unique_ptr<Algorithm> make_algorithm(std::string_view text, const AlgorithmSetup& setup) {
  return made_from(algorithms(), text, "algorithm", kKey, setup);
}

void check_algorithm(std::string_view text, const AlgorithmSettings& settings, Problems& problems) {
  problems.attempt([&] {
    const Term term = Term::parse(text, kKey);
    Arguments arguments(term, kKey);
    if (const auto check = algorithm_info(text).check) check(arguments, settings, problems);
    arguments.done();
  });
  problems.attempt([&] {
    const AlgorithmInfo& info = algorithm_info(text);
    require(info.linear_only.empty() || optimizer_info(settings.optimizer).linear, Key{"train.optimizer"},
            "{} works with sgd only, not with {}: {}; set optimizer = \"sgd\"", info.name, settings.optimizer, info.linear_only);
  });
}

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
