#include "harness/task/quadratic.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

namespace xib {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// A and its inverse, applied in O(d).
class Hessian {
 public:
  Hessian(const QuadraticOptions& o, std::uint64_t seed) {
    const auto d = static_cast<std::size_t>(o.dim);
    for (std::size_t k = 0; k < d; ++k) eigenvalues_.push_back(k == 0 ? o.L : o.L * std::pow(o.mu / o.L, static_cast<double>(k) / static_cast<double>(d - 1)));
    if (!o.rotate) return;
    RandomStream random(seed, Purpose::problem, 0, 1);
    mirror_.resize(d);
    for (auto& v : mirror_) v = random.normal();
    const double norm = std::sqrt(dot(mirror_, mirror_));
    for (auto& v : mirror_) v /= norm;
  }
  Vector times(Vector x) const {
    reflect(x);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] *= eigenvalues_[k];
    reflect(x);
    return x;
  }
  Vector solve(Vector x) const {
    reflect(x);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] /= eigenvalues_[k];
    reflect(x);
    return x;
  }

 private:
  void reflect(Vector& x) const {
    if (mirror_.empty()) return;
    const double twice = 2 * dot(mirror_, x);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] -= twice * mirror_[k];
  }
  Vector eigenvalues_, mirror_;
};

class Quadratic : public Task {
 public:
  Quadratic(const QuadraticOptions& o, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed)
      : o_(o), layout_(layout), batch_size_(batch_size), seed_(seed), hessian_(o, seed) {
    const auto d = dim(), n = static_cast<std::size_t>(layout.nodes);
    RandomStream random(seed, Purpose::problem);
    optimum_.resize(d);
    for (auto& v : optimum_) v = random.normal();
    const auto u = gradients_at_optimum(n);
    for (std::size_t i = 0; i < n; ++i) {
      scales_.push_back(1 + o.tilt * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n)));
      centers_.push_back(hessian_.solve(u[i]));
      value_ += 0.5 * dot(u[i], centers_[i]) / scales_[i] / static_cast<double>(n);
      for (std::size_t k = 0; k < d; ++k) centers_[i][k] = optimum_[k] - centers_[i][k] / scales_[i];
    }
  }

  std::size_t dim() const override { return static_cast<std::size_t>(o_.dim); }
  std::int64_t steps_per_epoch() const override { return o_.steps; }
  std::int64_t batch_size() const override { return batch_size_; }
  void initial_model(std::span<float> model, std::span<float>) const override { std::fill(model.begin(), model.end(), 0.0f); }
  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix&) override { x_ = &x, g_ = &g; }

  double gradient(int local, std::int64_t step, double* data_s) override {
    if (data_s) *data_s = 0;
    const int node = layout_.mine().first + local;
    const auto x = minus(x_->row(local), centers_[static_cast<std::size_t>(node)]);
    auto g = hessian_.times(x);
    for (auto& v : g) v *= scales_[static_cast<std::size_t>(node)];
    const auto out = g_->row(local);
    const double deviation = o_.sigma / std::sqrt(static_cast<double>(o_.dim));
    RandomStream random(seed_, Purpose::gradient_noise, static_cast<std::uint32_t>(node), 0, static_cast<std::uint32_t>(step));
    for (std::size_t k = 0; k < g.size(); ++k) out[k] = static_cast<float>(deviation == 0 ? g[k] : g[k] + deviation * random.normal());
    return 0.5 * dot(x, g);
  }

  int evaluation_batches(Split split) const override { return split == Split::validation ? 0 : 1; }
  std::vector<Metric> metrics() const override { return {mean_loss()}; }
  std::size_t evaluation_sums() const override { return 1; }
  void evaluate_batch(std::span<const float> model, std::span<const float>, Split, int, int, std::span<double> sums) override {
    const auto x = minus(model, optimum_);
    sums[0] = 0.5 * dot(x, hessian_.times(x));
  }
  std::vector<double> score(std::span<const double> sums) const override { return {sums[0]}; }

  bool has_full_gradient() const override { return true; }
  double full_gradient(std::span<const float> model, std::span<double> g) const override {
    const auto x = minus(model, optimum_);
    const auto full = hessian_.times(x);
    std::copy(full.begin(), full.end(), g.begin());
    return 0.5 * dot(x, full) + value_;
  }
  ProblemConstants constants() const override {
    return {.L = o_.L * (1 + o_.tilt), .mu = o_.dim == 1 ? o_.L : o_.mu, .sigma2 = o_.sigma * o_.sigma, .zeta2 = o_.zeta * o_.zeta, .optimum = value_};
  }

 private:
  static Vector minus(std::span<const float> x, const Vector& b) {
    Vector out(b.size());
    for (std::size_t k = 0; k < b.size(); ++k) out[k] = static_cast<double>(x[k]) - b[k];
    return out;
  }

  std::vector<Vector> gradients_at_optimum(std::size_t n) const {
    std::vector<Vector> u(n, Vector(dim(), 0));
    if (o_.zeta == 0) return u;
    Vector mean(dim(), 0);
    for (std::size_t i = 0; i < n; ++i) {
      RandomStream random(seed_, Purpose::problem, static_cast<std::uint32_t>(i), 2);
      for (std::size_t k = 0; k < dim(); ++k) mean[k] += (u[i][k] = random.normal()) / static_cast<double>(n);
    }
    double square = 0;
    for (auto& row : u) {
      for (std::size_t k = 0; k < dim(); ++k) row[k] -= mean[k];
      square += dot(row, row) / static_cast<double>(n);
    }
    for (auto& row : u)
      for (auto& v : row) v *= o_.zeta / std::sqrt(square);
    return u;
  }

  QuadraticOptions o_;
  NodeLayout layout_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  Hessian hessian_;
  Vector optimum_;
  std::vector<Vector> centers_;  // b_i
  Vector scales_;                // A_i = scales_[i] A
  double value_ = 0;             // f(x*)
  NodeMatrix *x_ = nullptr, *g_ = nullptr;
};

}  // namespace

QuadraticOptions quadratic_options(const Term& term, int nodes) {
  Arguments a(term, "data.dataset");
  QuadraticOptions o;
  o.dim = a.integer("dim", o.dim);
  o.L = a.number("L", o.L);
  o.mu = a.number("mu", o.mu);
  o.sigma = a.number("sigma", o.sigma);
  o.zeta = a.number("zeta", o.zeta);
  o.tilt = a.number("tilt", o.tilt);
  o.steps = a.integer("steps", o.steps);
  const auto rotate = a.integer("rotate", 0);
  a.done();
  require(o.dim >= 1 && o.dim <= 100'000'000, Key{"data.dataset"}, "quadratic(dim = {}) is not in 1..100000000", o.dim);
  require(o.mu > 0 && o.L >= o.mu && std::isfinite(o.L), Key{"data.dataset"}, "quadratic(L = {}, mu = {}) needs 0 < mu <= L", o.L, o.mu);
  require(o.sigma >= 0 && std::isfinite(o.sigma), Key{"data.dataset"}, "quadratic(sigma = {}) is negative", o.sigma);
  require(o.zeta >= 0 && std::isfinite(o.zeta), Key{"data.dataset"}, "quadratic(zeta = {}) is negative", o.zeta);
  require(o.zeta == 0 || nodes >= 2, Key{"data.dataset"}, "quadratic(zeta = {}) on one node: heterogeneity needs train.nodes >= 2", o.zeta);
  require(o.tilt >= 0 && o.tilt < 1, Key{"data.dataset"}, "quadratic(tilt = {}) is not in [0, 1), where every node's curvature is positive", o.tilt);
  require(o.tilt == 0 || nodes >= 2, Key{"data.dataset"}, "quadratic(tilt = {}) on one node: tilted curvatures need train.nodes >= 2", o.tilt);
  require(o.steps >= 1, Key{"data.dataset"}, "quadratic(steps = {}): an epoch needs at least one step", o.steps);
  require(o.steps <= 1'000'000'000, Key{"data.dataset"}, "quadratic(steps = {}): an epoch has at most 1000000000 steps; write fewer, and more train.epochs",
          o.steps);
  require(rotate == 0 || rotate == 1, Key{"data.dataset"}, "quadratic(rotate = {}) is neither 0 nor 1", rotate);
  o.rotate = rotate == 1;
  return o;
}

std::unique_ptr<Task> make_quadratic(const QuadraticOptions& options, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed) {
  return std::make_unique<Quadratic>(options, layout, batch_size, seed);
}

}  // namespace xib
