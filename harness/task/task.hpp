#pragma once

#include "harness/core/metric.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace xib {

enum class Split { train, validation, test };

// Constants of the theory, which only constructed problems know; NaN if unknown. Koloskova et al. 2020 (A Unified Theory of Decentralized SGD),
// Assumptions 1 to 3.
struct ProblemConstants {
  double L = kNaN;        // smoothness of every f_i
  double mu = kNaN;       // strong convexity of f
  double sigma2 = kNaN;   // (1/n) sum E||g_i - grad f_i||² of mini-batch gradients at x*
  double zeta2 = kNaN;    // heterogeneity at the optimum: (1/n) sum ||grad f_i(x*)||²
  double optimum = kNaN;  // f(x*)
};

// Learning problem of the nodes. A task object lives on one rank and serves the nodes of that rank (`local` counts from 0 in the rank's block). On CPU its
// results are functions of configuration, seed, node and step only: its only state are caches.
class Task {
 public:
  virtual ~Task() = default;
  virtual std::size_t dim() const = 0;                  // parameters of a model
  virtual std::size_t buffer_dim() const { return 0; }  // floats that training changes but no algorithm mixes (BatchNorm statistics)
  virtual int classes() const { return 0; }             // 0: there are none
  virtual std::int64_t steps_per_epoch() const = 0;
  virtual std::int64_t batch_size() const = 0;  // samples per node and step

  // Common initial model of all nodes and its buffers, the same on every rank.
  virtual void initial_model(std::span<float> model, std::span<float> buffers) const = 0;
  // Makes the models of this rank's nodes views of the rows of x (local nodes x dim), their gradients views of g (likewise) and their buffers views of
  // `buffers` (local nodes x buffer_dim). Called once, before gradient(). The matrices must outlive the use of the task.
  virtual void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) = 0;
  // Writes the mini-batch gradient of node `local`, at its row of x, into its row of g; returns the mini-batch loss. Thread-safe for distinct nodes. `step`
  // counts from 0 over the whole run. data_s, if given, gets the seconds for fetching and augmenting.
  virtual double gradient(int local, std::int64_t step, double* data_s = nullptr) = 0;
  // Memory in which bind() expects x, g and the buffers. If it is a device, gradients() is called instead of gradient(): it computes all local nodes at once.
  // loss gets a number per node, data_s the seconds for fetching and augmenting.
  virtual Space space() const { return Space::host; }
  virtual void gradients(std::int64_t step, ThreadPool& pool, std::span<double> loss, double* data_s);
  // Metrics of models. Gaps are about the first; mean_loss() must be among them.
  virtual std::vector<Metric> metrics() const = 0;
  // Evaluation of a model on a whole split, in fixed batches. Each batch gives evaluation_sums() numbers; the caller adds them in batch order, so the bits do
  // not depend on the number of threads. `worker` is the number of the calling thread: calls with different workers may run side by side.
  virtual int evaluation_batches(Split split) const = 0;
  virtual std::size_t evaluation_sums() const = 0;
  virtual void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int worker, std::span<double> sums) = 0;
  // One number per metric, in the order of metrics(), from the sums of one or more batches.
  virtual std::vector<double> score(std::span<const double> sums) const = 0;

  // Writes the full gradient of f (the mean over all nodes' data) at `model` into `g`, and returns f(model). Only for problems that know it.
  virtual bool has_full_gradient() const { return false; }
  virtual double full_gradient(std::span<const float> model, std::span<double> g) const;
  // sigma²(x) = (1/n) sum_i E||g_i - grad f_i(x)||² of mini-batch gradients with every node at x = `model`. Tasks that know the full gradient know it. By
  // default it does not depend on x.
  virtual double gradient_variance(std::span<const float>) const { return constants().sigma2; }
  virtual ProblemConstants constants() const { return {}; }
  // Number of samples of each class on each node in the first epoch, nodes x classes row-major; empty without classes.
  virtual std::vector<std::int64_t> class_histogram() const { return {}; }
  // Name and value of facts about how the task computes, for provenance.
  virtual std::vector<std::pair<std::string, std::string>> facts() const { return {}; }
  // Name and SHA-256 of every data file used, for provenance.
  virtual std::vector<std::pair<std::string, std::string>> data_checksums() const { return {}; }
};

}  // namespace xib
