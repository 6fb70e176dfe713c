#pragma once

#include "harness/task/models/models.hpp"
#include "harness/task/samples.hpp"
#include "harness/task/torch_objective.hpp"

namespace xib {

// Base of all network tasks, on CPU and on a device: size, samples, objective. Only torch_*.cpp include it.
class NetworkTask : public Task {
 public:
  NetworkTask(const Network& network, std::unique_ptr<const Samples> samples, const Objective& objective, std::uint64_t seed)
      : network_(network), objective_(objective), samples_(std::move(samples)), seed_(seed) {}

  std::size_t dim() const final { return network_.dim; }
  std::size_t buffer_dim() const final { return network_.buffer_dim; }
  void initial_model(std::span<float> model, std::span<float> buffers) const final { draw_initial_model(network_, seed_, model, buffers); }

  int classes() const final { return samples_->classes(); }
  std::int64_t steps_per_epoch() const final { return samples_->steps_per_epoch(); }
  std::int64_t batch_size() const final { return samples_->batch_size(); }
  std::vector<std::int64_t> class_histogram() const final { return samples_->class_histogram(); }
  std::vector<std::pair<std::string, std::string>> data_checksums() const final { return samples_->checksums(); }
  int evaluation_batches(Split split) const final { return samples_->evaluation_batches(split); }

  std::vector<Metric> metrics() const final { return objective_.metrics(); }
  std::size_t evaluation_sums() const final { return objective_.sums_size(); }
  std::vector<double> score(std::span<const double> sums) const final { return objective_.score(sums); }

 protected:
  const Network network_;
  const Objective& objective_;

 private:
  std::unique_ptr<const Samples> samples_;
  std::uint64_t seed_;
};

}  // namespace xib
