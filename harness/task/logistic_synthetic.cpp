#include "harness/task/logistic_synthetic.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"
#include "harness/task/classification.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <numbers>

namespace xib {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Samples {
  Matrix a;      // one per row
  Vector y;      // -1 or 1
  Vector norm2;  // ||a_j||²
};

double log1p_exp(double z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }
double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

enum Part : std::uint32_t { part_weights = 0, part_center = 1, part_train = 2, part_test = 3 };

class LogisticSynthetic : public Task {
 public:
  LogisticSynthetic(const LogisticOptions& o, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed)
      : o_(o), layout_(layout), batch_size_(batch_size), seed_(seed) {
    RandomStream random(seed, Purpose::problem);
    truth_ = Vector(o.dim);
    for (auto& w : truth_) w = 2 / std::sqrt(static_cast<double>(o.dim)) * random.normal();
    for (int i = 0; i < layout.nodes; ++i) train_.push_back(draw(i, part_train, o.samples));
    for (int i = 0; i < layout.nodes; ++i) test_.push_back(draw(i, part_test, std::max<std::int64_t>(1, o.test / layout.nodes)));
    find_constants();
  }

  std::size_t dim() const override { return static_cast<std::size_t>(o_.dim); }
  int classes() const override { return 2; }
  std::int64_t steps_per_epoch() const override { return o_.samples / batch_size_; }
  std::int64_t batch_size() const override { return batch_size_; }
  void initial_model(std::span<float> model, std::span<float>) const override { std::fill(model.begin(), model.end(), 0.0f); }
  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix&) override { x_ = &x, g_ = &g; }

  double gradient(int local, std::int64_t step, double* data_s) override {
    if (data_s) *data_s = 0;
    const int node = layout_.mine().first + local;
    const auto& s = train_[static_cast<std::size_t>(node)];
    const Vector x = to_double(x_->row(local));
    Vector g = o_.regularization * x;
    double loss = 0.5 * o_.regularization * x.squaredNorm();
    RandomStream random(seed_, Purpose::data_order, static_cast<std::uint32_t>(node), 0, static_cast<std::uint32_t>(step));
    for (std::int64_t k = 0; k < batch_size_; ++k)
      loss += add_sample(s, static_cast<Eigen::Index>(random.below(static_cast<std::uint64_t>(o_.samples))), x, 1.0 / static_cast<double>(batch_size_), g);
    const auto out = g_->row(local);
    for (Eigen::Index k = 0; k < g.size(); ++k) out[static_cast<std::size_t>(k)] = static_cast<float>(g[k]);
    return loss;
  }

  // One batch per node.
  int evaluation_batches(Split split) const override { return split == Split::validation ? 0 : layout_.nodes; }
  std::vector<Metric> metrics() const override { return classification_metrics(); }
  std::size_t evaluation_sums() const override { return kClassificationSums; }
  std::vector<double> score(std::span<const double> sums) const override { return classification_scores(sums); }
  void evaluate_batch(std::span<const float> model, std::span<const float>, Split split, int batch, int, std::span<double> sums) override {
    const auto& s = (split == Split::train ? train_ : test_)[static_cast<std::size_t>(batch)];
    const Vector x = to_double(model);
    ClassificationSums of_batch;
    for (Eigen::Index j = 0; j < s.y.size(); ++j) {
      const double margin = s.y[j] * s.a.row(j).dot(x);
      of_batch.loss += log1p_exp(-margin) + 0.5 * o_.regularization * x.squaredNorm();
      of_batch.hits += margin > 0;
      ++of_batch.samples;
    }
    put(of_batch, sums);
  }

  bool has_full_gradient() const override { return true; }
  double full_gradient(std::span<const float> model, std::span<double> g) const override {
    Vector out;
    const double value = mean_gradient(to_double(model), out);
    std::copy(out.begin(), out.end(), g.begin());
    return value;
  }
  double gradient_variance(std::span<const float> model) const override { return mean_variance(to_double(model)); }
  ProblemConstants constants() const override { return constants_; }
  std::vector<std::int64_t> class_histogram() const override {
    std::vector<std::int64_t> histogram;
    for (const auto& s : train_) {
      const auto positive = static_cast<std::int64_t>((s.y.array() > 0).count());
      histogram.insert(histogram.end(), {o_.samples - positive, positive});
    }
    return histogram;
  }

 private:
  static Vector to_double(std::span<const float> x) { return Eigen::Map<const Eigen::VectorXf>(x.data(), static_cast<Eigen::Index>(x.size())).cast<double>(); }

  Samples draw(int node, Part part, std::int64_t count) const {
    RandomStream centers(seed_, Purpose::synthetic_data, static_cast<std::uint32_t>(node), part_center);
    Vector center(o_.dim), truth = truth_;
    for (auto& c : center) c = o_.shift * centers.normal();
    RandomStream beliefs(seed_, Purpose::problem, static_cast<std::uint32_t>(node), 1);
    for (auto& w : truth) w += o_.spread / std::sqrt(static_cast<double>(o_.dim)) * beliefs.normal();
    const double scale = std::sqrt(1 + o_.tilt * std::cos(2 * std::numbers::pi * node / layout_.nodes));
    RandomStream random(seed_, Purpose::synthetic_data, static_cast<std::uint32_t>(node), part);
    Samples s{Matrix(count, o_.dim), Vector(count), Vector(count)};
    for (Eigen::Index j = 0; j < count; ++j) {
      for (Eigen::Index k = 0; k < o_.dim; ++k) s.a(j, k) = scale * (center[k] + random.normal());
      s.y[j] = random.uniform() < sigmoid(s.a.row(j).dot(truth)) ? 1 : -1;
      s.norm2[j] = s.a.row(j).squaredNorm();
    }
    return s;
  }

  // Adds weight * the gradient of sample j's loss to g and returns weight * its loss.
  static double add_sample(const Samples& s, Eigen::Index j, const Vector& x, double weight, Vector& g) {
    const double margin = s.y[j] * s.a.row(j).dot(x);
    g -= (weight * s.y[j] * sigmoid(-margin)) * s.a.row(j).transpose();
    return weight * log1p_exp(-margin);
  }

  // y_j a_j'x of all samples at once.
  static Vector margins(const Samples& s, const Vector& x) { return s.y.cwiseProduct(s.a * x); }
  // -(1/m) sum_j l_ij'(x), the slopes being y_j sigmoid(-margin_j).
  static Vector mean_pull(const Samples& s, const Vector& slopes) { return s.a.transpose() * slopes / static_cast<double>(s.y.size()); }

  double node_gradient(const Samples& s, const Vector& x, Vector& g) const {
    const Vector margin = margins(s, x);
    g = o_.regularization * x - mean_pull(s, s.y.cwiseProduct((-margin).unaryExpr(&sigmoid)));
    return 0.5 * o_.regularization * x.squaredNorm() + (-margin).unaryExpr(&log1p_exp).mean();
  }

  double mean_gradient(const Vector& x, Vector& g) const {
    g = Vector::Zero(o_.dim);
    double value = 0;
    Vector mine;
    for (const auto& s : train_) {
      value += node_gradient(s, x, mine) / static_cast<double>(layout_.nodes);
      g += mine / static_cast<double>(layout_.nodes);
    }
    return value;
  }

  // sigma²(x): the header's formula, where ||l_ij||² = sigmoid(-margin)² ||a_j||². Rounding can leave a node's difference below 0.
  double mean_variance(const Vector& x) const {
    double sum = 0;
    for (const auto& s : train_) {
      const Vector slopes = s.y.cwiseProduct((-margins(s, x)).unaryExpr(&sigmoid));
      sum += std::max(0.0, slopes.cwiseAbs2().dot(s.norm2) / static_cast<double>(o_.samples) - mean_pull(s, slopes).squaredNorm());
    }
    return sum / static_cast<double>(batch_size_ * layout_.nodes);
  }

  Matrix hessian(const Vector& x) const {
    Matrix h = o_.regularization * Matrix::Identity(o_.dim, o_.dim);
    for (const auto& s : train_)
      for (Eigen::Index j = 0; j < o_.samples; ++j) {
        const double p = sigmoid(s.a.row(j).dot(x));
        h += (p * (1 - p) / static_cast<double>(o_.samples * layout_.nodes)) * s.a.row(j).transpose() * s.a.row(j);
      }
    return h;
  }

  // Newton's method, halving the step while f does not fall: from 0, f being strongly convex and smooth, it converges.
  void find_constants() {
    double largest = 0;
    for (const auto& s : train_) {
      const Eigen::MatrixXd gram = s.a.transpose() * s.a / (4.0 * static_cast<double>(o_.samples));
      largest = std::max(largest, Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues().maxCoeff());
    }
    Vector x = Vector::Zero(o_.dim), g;
    double value = mean_gradient(x, g);
    for (int iteration = 0; iteration < 100 && g.norm() >= 1e-12; ++iteration) {
      const Vector direction = hessian(x).llt().solve(g);
      double length = 1;
      Vector next = x - direction, next_g;
      double next_value = mean_gradient(next, next_g);
      for (; next_value > value + 1e-12 && length > 1e-6; next_value = mean_gradient(next, next_g)) next = x - (length /= 2) * direction;
      x = next, g = next_g, value = next_value;
    }
    require(g.norm() < 1e-10, Key{"data.dataset"}, "the optimum of logistic-synthetic was not found; raise regularization = {}", o_.regularization);
    double zeta2 = 0;
    for (const auto& s : train_) {
      node_gradient(s, x, g);
      zeta2 += g.squaredNorm() / static_cast<double>(layout_.nodes);
    }
    constants_.L = largest + o_.regularization;
    constants_.mu = o_.regularization;
    constants_.sigma2 = mean_variance(x);
    constants_.zeta2 = zeta2;
    constants_.optimum = value;
  }

  LogisticOptions o_;
  NodeLayout layout_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  Vector truth_;
  std::vector<Samples> train_, test_;  // of every node
  ProblemConstants constants_;
  NodeMatrix *x_ = nullptr, *g_ = nullptr;
};

}  // namespace

LogisticOptions logistic_options(const Term& term, std::int64_t batch_size) {
  Arguments a(term, "data.dataset");
  LogisticOptions o;
  o.dim = a.integer("dim", o.dim);
  o.samples = a.integer("samples", o.samples);
  o.regularization = a.number("regularization", o.regularization);
  o.shift = a.number("shift", o.shift);
  o.tilt = a.number("tilt", o.tilt);
  o.spread = a.number("spread", o.spread);
  o.test = a.integer("test", o.test);
  a.done();
  require(o.dim >= 1 && o.dim <= 2000, Key{"data.dataset"}, "logistic-synthetic(dim = {}) is not in 1..2000", o.dim);
  require(o.samples >= 1 && o.samples <= 1'000'000, Key{"data.dataset"}, "logistic-synthetic(samples = {}) is not in 1..1000000", o.samples);
  require(o.regularization > 0 && std::isfinite(o.regularization), Key{"data.dataset"},
          "logistic-synthetic(regularization = {}) must be positive, or there may be no optimum", o.regularization);
  require(o.shift >= 0 && std::isfinite(o.shift), Key{"data.dataset"}, "logistic-synthetic(shift = {}) is negative", o.shift);
  require(o.tilt >= 0 && o.tilt < 1, Key{"data.dataset"}, "logistic-synthetic(tilt = {}) is not in [0, 1), where every node's samples vary", o.tilt);
  require(o.spread >= 0 && std::isfinite(o.spread), Key{"data.dataset"}, "logistic-synthetic(spread = {}) is negative", o.spread);
  require(o.test >= 1 && o.test <= 1'000'000, Key{"data.dataset"}, "logistic-synthetic(test = {}) is not in 1..1000000", o.test);
  require(batch_size >= 1 && batch_size <= o.samples, Key{"train.batch_size"},
          "{} is not in 1..{}, the samples per node of logistic-synthetic; take a smaller batch or more samples", batch_size, o.samples);
  return o;
}

std::unique_ptr<Task> make_logistic_synthetic(const LogisticOptions& options, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed) {
  return std::make_unique<LogisticSynthetic>(options, layout, batch_size, seed);
}

}  // namespace xib
