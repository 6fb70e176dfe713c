#include "harness/task/torch_node_group.hpp"

#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_row_model.hpp"

#include <algorithm>

namespace xib {
namespace {

ReplicaRows rows_from(const ReplicaRows& rows, std::int64_t node, std::int64_t batch, const Network& network) {
  const auto k = static_cast<std::size_t>(node), samples = static_cast<std::size_t>(node * batch);
  return {rows.models + k * rows.stride,
          rows.gradients + k * rows.stride,
          rows.stride,
          rows.buffers + k * rows.buffer_stride,
          rows.buffer_stride,
          rows.pixels + samples * network.input.pixels(),
          rows.labels + samples};
}

class OneNode final : public NodeGroup {
 public:
  OneNode(const ReplicaSetup& setup, const ReplicaRows& rows)
      : objective_(setup.objective),
        model_(setup.network, {rows.models, rows.buffers, rows.gradients}, torch_device(setup.device),
               setup.arithmetic == Arithmetic::bfloat16 ? at::kBFloat16 : at::kFloat),
        batch_{image_views(setup.network.input, rows.pixels, setup.batch, torch_device(setup.device)),
               at::from_blob(rows.labels, {setup.batch}, at::TensorOptions().dtype(at::kLong).device(torch_device(setup.device)))} {}

  at::Tensor gradients() override { return model_.gradient(objective_, batch_).view({1}); }

 private:
  const Objective& objective_;
  RowModel model_;
  Batch batch_;
};

class WholeGroup final : public NodeGroup {
 public:
  WholeGroup(const ReplicaSetup& setup, const ReplicaRows& rows) : replicas_(make_grouped_replicas(setup)), rows_(rows) {}
  at::Tensor gradients() override {
    replicas_->gradients(rows_);
    return replicas_->losses();
  }

 private:
  std::unique_ptr<Replicas> replicas_;
  ReplicaRows rows_;
};

// The nodes of a group that are here, computed at their places in the whole.
class PartOfGroup final : public NodeGroup {
 public:
  // setup: of the whole group; rows: from the first node on that is here, which has this place in it.
  PartOfGroup(const ReplicaSetup& setup, const ReplicaRows& rows, std::int64_t place, std::int64_t count) : place_(place), count_(count) {
    const auto floats = at::TensorOptions().dtype(at::kFloat).device(torch_device(setup.device)), whole = floats.dtype(at::kLong);
    const std::int64_t n = setup.nodes, image = static_cast<std::int64_t>(setup.network.input.pixels());
    const auto stride = static_cast<std::int64_t>(rows.stride), buffer_stride = static_cast<std::int64_t>(rows.buffer_stride);
    const auto all = [&](std::int64_t size, const at::TensorOptions& options) { return at::zeros({n, size}, options); };
    const Parts there{all(stride, floats), all(stride, floats), all(buffer_stride, floats), all(setup.batch * image, floats), all(setup.batch, whole)};
    const auto view = [&](auto* data, std::int64_t size, const at::TensorOptions& options) { return at::from_blob(data, {count, size}, options); };
    here_ = {view(rows.models, stride, floats), view(rows.gradients, stride, floats), view(rows.buffers, buffer_stride, floats),
             view(rows.pixels, setup.batch * image, floats), view(rows.labels, setup.batch, whole)};
    whole_ = std::make_unique<WholeGroup>(
        setup, ReplicaRows{there.models.data_ptr<float>(), there.gradients.data_ptr<float>(), rows.stride, there.buffers.data_ptr<float>(), rows.buffer_stride,
                           there.inputs.data_ptr<float>(), there.targets.data_ptr<std::int64_t>()});
    for (const auto part : {&Parts::models, &Parts::gradients, &Parts::buffers, &Parts::inputs, &Parts::targets})
      mine_.*part = (there.*part).narrow(0, place, count);
  }

  at::Tensor gradients() override {
    const at::NoGradGuard no_gradients;
    for (const auto part : {&Parts::models, &Parts::buffers, &Parts::inputs, &Parts::targets}) (mine_.*part).copy_(here_.*part);
    const auto losses = whole_->gradients();
    for (const auto part : {&Parts::gradients, &Parts::buffers}) (here_.*part).copy_(mine_.*part);
    return losses.narrow(0, place_, count_);
  }

 private:
  struct Parts {
    at::Tensor models, gradients, buffers, inputs, targets;  // rows of nodes
  };
  std::int64_t place_, count_;
  Parts here_, mine_;  // mine: the same nodes' rows of the whole group, whose memory they keep
  std::unique_ptr<WholeGroup> whole_;
};

}  // namespace

std::unique_ptr<NodeGroup> make_node_group(const ReplicaSetup& setup, const ReplicaRows& rows, const NodeBlock& nodes) {
  const ReplicaRows mine = rows_from(rows, nodes.first, setup.batch, setup.network);
  const int together = setup.network.together;
  if (together == 1) return std::make_unique<OneNode>(setup, mine);
  ReplicaSetup whole = setup;
  whole.nodes = together;
  if (nodes.count == together) return std::make_unique<WholeGroup>(whole, mine);
  return std::make_unique<PartOfGroup>(whole, mine, (setup.first + nodes.first) % together, nodes.count);
}

std::vector<NodeBlock> node_groups(int together, int first, int count) {
  std::vector<NodeBlock> groups;
  for (int k = 0; k < count;) {
    const int size = std::min(together - (first + k) % together, count - k);
    groups.push_back({k, size});
    k += size;
  }
  return groups;
}

}  // namespace xib
