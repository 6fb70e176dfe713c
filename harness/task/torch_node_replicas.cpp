#include "harness/core/check.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_replicas.hpp"
#include "harness/task/torch_row_model.hpp"

#include <algorithm>
#include <optional>

namespace xib {
namespace {

// Number of passes side by side, because the pass of one node fills only a part of a GPU. The activations of each branch are kept.
constexpr int kBranches = 16;

class NodeReplicas final : public Replicas {
 public:
  NodeReplicas(const ReplicaSetup& setup, int branches)
      : network_(setup.network),
        objective_(setup.objective),
        n_(setup.nodes),
        branches_(std::min(branches, setup.nodes)),
        batch_(setup.batch),
        type_(setup.arithmetic == Arithmetic::bfloat16 ? at::kBFloat16 : at::kFloat),
        where_(torch_device(setup.device)) {
    if (setup.arithmetic == Arithmetic::float64) fail("a pass per node computes in float (this is a bug)");
    losses_ = at::zeros({n_}, at::TensorOptions().dtype(at::kFloat).device(where_));
  }

  void gradients(const ReplicaRows& rows) override {
    if (rows_ != rows) bind(rows);
    if (graph_) return graph_->replay();
    for (std::size_t k = 0; k < nodes_.size(); ++k) pass(k);
  }

  void losses(std::span<double> loss) const override {
    const auto values = losses_.to(at::kCPU, at::kDouble);
    std::copy_n(values.data_ptr<double>(), loss.size(), loss.begin());
  }

 private:
  struct Node {
    RowModel model;
    Batch batch;
  };

  void bind(const ReplicaRows& rows) {
    graph_.reset();
    nodes_.clear();
    const auto image = static_cast<std::int64_t>(network_.input.pixels());
    for (std::int64_t k = 0; k < n_; ++k) {
      const auto node = static_cast<std::size_t>(k);
      const ModelRows mine{rows.models + node * rows.stride, rows.buffers + node * rows.buffer_stride, rows.gradients + node * rows.stride};
      nodes_.push_back({RowModel(network_, mine, where_, type_),
                        {image_views(network_.input, rows.pixels + k * batch_ * image, batch_, where_),
                         at::from_blob(rows.labels + k * batch_, {batch_}, losses_.options().dtype(at::kLong))}});
    }
    rows_ = rows;
    if (branches_ > 0) record(rows);
  }

  // Passes before the recording must not show in the running statistics.
  void record(const ReplicaRows& rows) {
    const auto statistics = at::from_blob(rows.buffers, {n_, static_cast<std::int64_t>(network_.buffer_dim)},
                                          {static_cast<std::int64_t>(rows.buffer_stride), 1}, losses_.options());
    const auto before = statistics.clone();
    graph_ = make_step_graph(where_);
    graph_->record(branches_, [&](int branch) {
      for (auto k = static_cast<std::size_t>(branch); k < nodes_.size(); k += static_cast<std::size_t>(branches_)) pass(k);
    });
    statistics.copy_(before);
  }

  void pass(std::size_t k) {
    const auto loss = nodes_[k].model.gradient(objective_, nodes_[k].batch);
    const at::NoGradGuard no_gradients;
    losses_.select(0, static_cast<std::int64_t>(k)).copy_(loss);
  }

  const Network& network_;
  const Objective& objective_;
  std::int64_t n_;
  int branches_;
  std::int64_t batch_;
  at::ScalarType type_;
  at::Device where_;
  at::Tensor losses_;
  std::vector<Node> nodes_;
  std::optional<ReplicaRows> rows_;
  std::unique_ptr<StepGraph> graph_;  // refers to the nodes
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
