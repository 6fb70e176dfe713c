#include "harness/core/check.hpp"
#include "harness/core/made_from.hpp"
#include "harness/core/row_of.hpp"
#include "harness/train/optimizer.hpp"

#include <array>

namespace xib {
namespace {

constexpr std::string_view kKey = "train.optimizer";

}  // namespace

// The table: a row stands in its optimizer's file.
extern const OptimizerInfo kSgd, kAdam, kAdamW;

std::span<const OptimizerInfo> optimizers() {
  static const std::array all{kSgd, kAdam, kAdamW};
  return all;
}

const OptimizerInfo& optimizer_info(std::string_view text) { return row_of(optimizers(), Term::parse(text, kKey).name, "optimizer", kKey); }

std::unique_ptr<Optimizer> make_optimizer(std::string_view text, const OptimizerSetup& setup) {
  return made_from(optimizers(), text, "optimizer", kKey, setup);
}

void check_optimizer(std::string_view text, const SgdOptions& options) {
  const OptimizerInfo& info = optimizer_info(text);
  make_optimizer(text, {.options = options});
  require(!info.own_momentum || (options.momentum == 0 && !options.nesterov), Key{"train.momentum"},
          "{} has its own momentum, its first argument (train.momentum is {}, train.nesterov {}): set momentum = 0 and nesterov = false", info.name,
          options.momentum, options.nesterov);
}

ColumnWork Optimizer::step_by_columns(NodeMatrix& x, const NodeMatrix& g, double lr) {
  return apply_by_columns(x, g, direction(), PlainMove{static_cast<float>(lr)});
}

void Optimizer::move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Move& what) { apply(x, g, pool, direction(), what); }

}  // namespace xib
