#include "harness/task/torch_row_model.hpp"

namespace xib {

RowModel::RowModel(const Network& network, const ModelRows& rows, at::Device where, at::ScalarType type)
    : network_(network), type_(type), parameters_(parameter_views(network, rows.model, where)), statistics_(statistics_views(network, rows.buffers, where)) {
  if (!rows.gradient) return;
  gradient_ = at::from_blob(rows.gradient, {static_cast<std::int64_t>(network.dim)}, at::TensorOptions().dtype(at::kFloat).device(where));
  const auto gradients = parameter_views(network, rows.gradient, where);
  for (std::size_t k = 0; k < gradients.size(); ++k) parameters_[k].requires_grad_(true).mutable_grad() = gradients[k];
}

at::Tensor RowModel::outputs(const at::Tensor& inputs, bool training) const {
  return forward(network_, parameters_, statistics_, inputs.to(type_), training).to(at::kFloat);
}

// Gradients are added to the views: they must be zeroed, never dropped, or they would no longer be views.
at::Tensor RowModel::gradient(const Objective& objective, const Batch& batch) {
  {
    const at::NoGradGuard no_gradients;
    gradient_.zero_();
  }
  const at::AutoGradMode record(true);
  const auto loss = objective.loss(outputs(batch.inputs, true), batch.targets);
  loss.backward();
  return loss.detach();
}

}  // namespace xib
