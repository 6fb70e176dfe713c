#include "harness/task/host_task_on_device.hpp"

#include <algorithm>
#include <optional>

namespace xib {
namespace {

// A matrix on a device and its image on the host.
struct Mirrored {
  NodeMatrix& device;
  NodeMatrix host{device.count(), device.dim()};
  void fetch() {
    for (int k = 0; k < host.count(); ++k) device.read_row(k, host.row(k));
  }
  void put() {
    for (int k = 0; k < host.count(); ++k) device.write_row(k, host.row(k));
  }
};

class HostTaskOnDevice final : public Task {
 public:
  explicit HostTaskOnDevice(std::unique_ptr<Task> host) : host_(std::move(host)) {}

  std::size_t dim() const override { return host_->dim(); }
  std::size_t buffer_dim() const override { return host_->buffer_dim(); }
  int classes() const override { return host_->classes(); }
  std::int64_t steps_per_epoch() const override { return host_->steps_per_epoch(); }
  std::int64_t batch_size() const override { return host_->batch_size(); }
  void initial_model(std::span<float> model, std::span<float> buffers) const override { host_->initial_model(model, buffers); }
  Space space() const override { return Space::device; }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    x_.emplace(Mirrored{x});
    g_.emplace(Mirrored{g});
    buffers_.emplace(Mirrored{buffers});
    host_->bind(x_->host, g_->host, buffers_->host);
  }

  double gradient(int local, std::int64_t step, double* data_s) override { return host_->gradient(local, step, data_s); }

  void gradients(std::int64_t step, ThreadPool& pool, std::span<double> loss, double* data_s) override {
    x_->fetch();
    buffers_->fetch();
    std::vector<double> fetching(static_cast<std::size_t>(pool.threads()), 0.0);
    pool.for_each(std::ssize(loss), [&](std::int64_t k, int worker) {
      double seconds = 0;
      loss[static_cast<std::size_t>(k)] = host_->gradient(static_cast<int>(k), step, &seconds);
      fetching[static_cast<std::size_t>(worker)] += seconds;
    });
    g_->put();
    buffers_->put();
    if (data_s) *data_s = *std::max_element(fetching.begin(), fetching.end());
  }

  int evaluation_batches(Split split) const override { return host_->evaluation_batches(split); }
  std::vector<Metric> metrics() const override { return host_->metrics(); }
  std::size_t evaluation_sums() const override { return host_->evaluation_sums(); }
  void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int worker, std::span<double> sums) override {
    host_->evaluate_batch(model, buffers, split, batch, worker, sums);
  }
  std::vector<double> score(std::span<const double> sums) const override { return host_->score(sums); }
  bool has_full_gradient() const override { return host_->has_full_gradient(); }
  double full_gradient(std::span<const float> model, std::span<double> g) const override { return host_->full_gradient(model, g); }
  double gradient_variance(std::span<const float> model) const override { return host_->gradient_variance(model); }
  ProblemConstants constants() const override { return host_->constants(); }
  std::vector<std::int64_t> class_histogram() const override { return host_->class_histogram(); }
  std::vector<std::pair<std::string, std::string>> data_checksums() const override { return host_->data_checksums(); }

 private:
  std::unique_ptr<Task> host_;
  std::optional<Mirrored> x_, g_, buffers_;
};

}  // namespace

std::unique_ptr<Task> make_host_task_on_device(std::unique_ptr<Task> host) { return std::make_unique<HostTaskOnDevice>(std::move(host)); }

}  // namespace xib
