#pragma once

#include "harness/task/torch_network.hpp"
#include "harness/task/torch_objective.hpp"

namespace xib {

// Addresses of a node's model: floats in the memory of `where`. Without a gradient row the model can only be evaluated.
struct ModelRows {
  float* model;     // dim
  float* buffers;   // buffer_dim: BatchNorm's running statistics, changed by a pass in training
  float* gradient;  // dim, or null
};

// Inputs and targets of a batch, as the network and its objective take them.
struct Batch {
  at::Tensor inputs, targets;
};

// Network whose tensors are views of a node's rows: nothing is copied, and there is no state beside the rows. Only torch_*.cpp include it.
class RowModel {
 public:
  RowModel(const Network& network, const ModelRows& rows, at::Device where = at::kCPU, at::ScalarType type = at::kFloat);

  // Outputs in float for any type of the computation. Records what backward() needs if gradients are on.
  at::Tensor outputs(const at::Tensor& inputs, bool training) const;
  // Overwrites the row of the gradient, and returns the mean loss of the batch.
  at::Tensor gradient(const Objective& objective, const Batch& batch);

 private:
  const Network& network_;
  at::ScalarType type_;
  at::Tensor gradient_;
  Tensors parameters_;
  std::vector<Statistics> statistics_;
};

}  // namespace xib
