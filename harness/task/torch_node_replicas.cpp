#include "harness/core/check.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_node_group.hpp"

#include <algorithm>
#include <optional>

namespace xib {
namespace {

// As many as can be done side by side: a pass of one node at a time fills a part of a GPU only. Activations of each branch are kept.
constexpr int kBranches = 16;

class NodeReplicas final : public Replicas {
 public:
  NodeReplicas(const ReplicaSetup& setup, int branches)
      : setup_(setup),
        nodes_(node_groups(setup.network.together, setup.first, setup.nodes)),
        branches_(std::min(branches, static_cast<int>(nodes_.size()))),
        where_(torch_device(setup.device)),
        losses_(at::zeros({setup.nodes}, at::TensorOptions().dtype(at::kFloat).device(where_))) {
    if (setup.arithmetic == Arithmetic::float64) fail("a pass per node computes in float (this is a bug)");
  }

  void gradients(const ReplicaRows& rows) override {
    if (rows_ != rows) bind(rows);
    if (graph_) return graph_->replay();
    for (std::size_t k = 0; k < groups_.size(); ++k) pass(k);
  }

  at::Tensor losses() const override { return losses_; }

 private:
  void bind(const ReplicaRows& rows) {
    graph_.reset();
    groups_.clear();
    for (const NodeBlock& nodes : nodes_) groups_.push_back(make_node_group(setup_, rows, nodes));
    rows_ = rows;
    if (branches_ > 0) record(rows);
  }

  // Passes before the recording must not show in the running statistics.
  void record(const ReplicaRows& rows) {
    const auto statistics = at::from_blob(rows.buffers, {setup_.nodes, static_cast<std::int64_t>(setup_.network.buffer_dim)},
                                          {static_cast<std::int64_t>(rows.buffer_stride), 1}, losses_.options());
    const auto before = statistics.clone();
    graph_ = make_step_graph(where_);
    graph_->record(branches_, [&](int branch) {
      for (auto k = static_cast<std::size_t>(branch); k < groups_.size(); k += static_cast<std::size_t>(branches_)) pass(k);
    });
    statistics.copy_(before);
  }

  void pass(std::size_t k) {
    const auto losses = groups_[k]->gradients();
    const at::NoGradGuard no_gradients;
    losses_.narrow(0, nodes_[k].first, nodes_[k].count).copy_(losses);
  }

  ReplicaSetup setup_;
  std::vector<NodeBlock> nodes_;  // of each group
  int branches_;
  at::Device where_;
  at::Tensor losses_;
  std::vector<std::unique_ptr<NodeGroup>> groups_;
  std::optional<ReplicaRows> rows_;
  std::unique_ptr<StepGraph> graph_;  // refers to the groups
};

}  // namespace

std::unique_ptr<Replicas> make_node_replicas(const ReplicaSetup& setup, int branches) { return std::make_unique<NodeReplicas>(setup, branches); }

std::unique_ptr<Replicas> make_replicas(Way way, const ReplicaSetup& setup) {
  switch (way) {
    case Way::automatic:
    case Way::grouped:
      return make_grouped_replicas(setup);
    case Way::nodes:
      return make_node_replicas(setup, 0);
    case Way::graph:
      return make_node_replicas(setup, kBranches);
  }
  fail("a way of computing without meaning");
}

}  // namespace xib
