#include "harness/task/torch_node_group.hpp"

#include "harness/task/models/models.hpp"
#include "harness/task/torch_task.hpp"
#include "tests/task/rows.hpp"

#include <algorithm>

using namespace xib;

namespace {

constexpr int kNodes = 5;

std::shared_ptr<const Dataset> images() {
  return std::make_shared<const Dataset>(load_dataset(Term::parse("synthetic(classes = 4, size = 8, samples = 640)"), ""));
}

// Models, gradients and statistics of all nodes after three steps in groups, rank by rank.
struct Trained {
  std::vector<std::vector<float>> x, g, buffers;
  std::vector<double> loss;  // of the first step
  bool operator==(const Trained&) const = default;
};

Trained train(const Network& network, const std::shared_ptr<const Dataset>& data, int ranks) {
  Trained all;
  for (int rank = 0; rank < ranks; ++rank) {
    const NodeLayout layout{kNodes, ranks, rank};
    const auto task = make_torch_task(data, network, {.batch_size = 16, .augment = true}, layout, 1);
    const int count = layout.mine().count;
    Rows rows(*task, count);
    std::vector<double> loss(static_cast<std::size_t>(count));
    for (int step = 0; step < 3; ++step) {
      const auto groups = groups_of(*task, count);
      for (std::size_t k = 0; k < groups.size(); ++k)
        task->group_gradients(static_cast<int>(k), step,
                              std::span(loss).subspan(static_cast<std::size_t>(groups[k].first), static_cast<std::size_t>(groups[k].count)), nullptr);
      if (step == 0) all.loss.insert(all.loss.end(), loss.begin(), loss.end());
      if (step < 2)
        for (int local = 0; local < count; ++local)
          for (std::size_t c = 0; c < task->dim(); ++c) rows.x.row(local)[c] -= 0.125f * rows.g.row(local)[c];
    }
    for (int local = 0; local < count; ++local) {
      all.x.emplace_back(rows.x.row(local).begin(), rows.x.row(local).end());
      all.g.push_back(rows.gradient(local));
      all.buffers.emplace_back(rows.buffers.row(local).begin(), rows.buffers.row(local).end());
    }
  }
  return all;
}

}  // namespace

TEST_CASE("groups cover the nodes of a rank, and begin where node ids say") {
  const auto firsts_and_sizes = [](int together, int first, int count) {
    std::vector<std::pair<int, int>> found;
    for (const NodeBlock& b : node_groups(together, first, count)) found.emplace_back(b.first, b.count);
    return found;
  };
  using Expected = std::vector<std::pair<int, int>>;
  CHECK(firsts_and_sizes(1, 3, 2) == Expected{{0, 1}, {1, 1}});
  CHECK(firsts_and_sizes(2, 0, 5) == Expected{{0, 2}, {2, 2}, {4, 1}});
  CHECK(firsts_and_sizes(2, 3, 4) == Expected{{0, 1}, {1, 2}, {3, 1}});
  CHECK(firsts_and_sizes(4, 5, 2) == Expected{{0, 2}});
  CHECK(firsts_and_sizes(4, 6, 0).empty());
}

TEST_CASE("nodes that are computed together get their own gradients, with the same bits for any split into ranks") {
  const auto data = images();
  for (const auto* norm : {"batch", "group"}) {
    auto network = make_network(Term::parse("cnn"), {.norm = norm}, data->train.shape, data->classes);
    const Trained alone = train(network, data, 1);
    for (const int together : {2, 3}) {
      INFO(norm << ", " << together << " together");
      network.together = together;
      const Trained expected = train(network, data, 1);
      for (const int ranks : {2, 3, 5}) CHECK(train(network, data, ranks) == expected);
      CHECK(expected.x[0] != expected.x[1]);
      // 60 roundings of 2^-24 in each of two passes, as in task.torch_replicas_test.
      for (std::size_t k = 0; k < kNodes; ++k) CHECK(expected.loss[k] == Approx(alone.loss[k]).epsilon(1e-6));
    }
  }
}

TEST_CASE("a node of a group alone has the bits that it has in the group") {
  const auto data = images();
  auto network = make_network(Term::parse("cnn"), {}, data->train.shape, data->classes);
  network.together = 2;
  const auto task = make_torch_task(data, network, {.batch_size = 16}, {4, 1, 0}, 1);
  Rows together(*task, 4);
  std::vector<double> loss(2);
  task->group_gradients(1, 7, loss, nullptr);
  const auto second = together.gradient(2), third = together.gradient(3);

  Rows alone(*task, 4);
  CHECK(task->gradient(3, 7) == loss[1]);
  CHECK(alone.gradient(3) == third);
  CHECK(task->gradient(2, 7) == loss[0]);
  CHECK(alone.gradient(2) == second);
  CHECK(std::ranges::equal(alone.buffers.row(3), together.buffers.row(3)));
  CHECK(alone.gradient(1) == std::vector<float>(task->dim(), 0.0f));  // of other nodes nothing is touched
}
