#include "harness/task/torch_task.hpp"

#include "harness/task/models/models.hpp"
#include "tests/task/rows.hpp"

#include <cmath>

using namespace xib;

namespace {

std::shared_ptr<const Dataset> images(const std::string& text = "synthetic(classes = 4, size = 8, samples = 640, test = 1100)") {
  return std::make_shared<const Dataset>(load_dataset(Term::parse(text), ""));
}

std::unique_ptr<Task> make(const std::string& model, const ModelOptions& options = {}, TrainingOptions task = {}, NodeLayout layout = {4, 1, 0},
                           int workers = 1, std::shared_ptr<const Dataset> data = images()) {
  task.batch_size = 16;
  const auto network = make_network(Term::parse(model), options, data->train.shape, data->classes);
  return make_torch_task(std::move(data), network, task, layout, workers);
}

}  // namespace

TEST_CASE("parameters, gradients and statistics are views of the rows") {
  const auto task = make("cnn");
  TaskRows rows(*task, 4);
  const double first = task->gradient(0, 0);
  const auto g = rows.gradient(0);
  const std::vector<float> statistics(rows.buffers.row(0).begin(), rows.buffers.row(0).end());

  // What is written to x is what the model computes with; g is overwritten, not added to; and both hold call after call.
  CHECK(std::count(g.begin(), g.end(), 0.0f) < static_cast<long>(g.size() / 2));
  for (int call = 0; call < 3; ++call) {
    std::fill(rows.g.row(0).begin(), rows.g.row(0).end(), 1e9f);
    CHECK(task->gradient(0, 0) == first);
    CHECK(rows.gradient(0) == g);
  }
  std::fill(rows.x.row(0).begin(), rows.x.row(0).end(), 0.0f);
  CHECK(task->gradient(0, 0) == Approx(std::log(4)).epsilon(1e-6));  // all logits equal: one of four classes; a float
  CHECK(rows.gradient(0) != g);
  std::vector<float> initial(task->buffer_dim());
  task->initial_model(rows.x.row(1), initial);
  CHECK(statistics != initial);
  CHECK(std::equal(initial.begin(), initial.end(), rows.buffers.row(1).begin()));  // node 1 has not been asked yet
}

TEST_CASE("gradients agree with differences of the loss") {
  // Along v = g/||g|| the loss grows by ||g|| per unit. With a step h = 2^-10/||g|| the central difference errs
  //   by rounding: the float loss f < 3 and its float summands, some 2^-22 f, over h: 2^-22 * 3 * 2^10 = 8e-4 of ||g||;
  //   by curvature: the third derivative, and ReLUs and pools that change side within h, whose share falls with h. Measured: 0.07 % and less, but 0.4 % where a
  //   network is so narrow that one ReLU counts.
  struct Case {
    std::string model;
    ModelOptions options;
    int size = 8;
  };
  for (const auto& [model, options, size] :
       {Case{"logistic", {}}, Case{"mlp(8)", {}}, Case{"cnn", {.norm = "none"}}, Case{"cnn", {.norm = "group"}}, Case{"cnn", {.norm = "batch"}},
        Case{"resnet20", {.width = 0.25, .norm = "group", .shortcut = "B"}}, Case{"resnet20", {.width = 0.25, .norm = "batch", .shortcut = "A"}},
        Case{"resnet18", {.width = 0.125, .norm = "group"}, 16}, Case{"lenet", {}, 16}, Case{"vgg11", {.width = 0.0625, .norm = "none"}, 32}}) {
    const auto task = make(model, options, {}, {4, 1, 0}, 1, images(fmt::format("synthetic(classes = 4, size = {}, samples = 640, test = 1100)", size)));
    TaskRows rows(*task, 4);
    const std::vector<float> x(rows.x.row(0).begin(), rows.x.row(0).end());
    task->gradient(0, 0);
    const auto g = rows.gradient(0);
    double norm2 = 0;
    for (const float v : g) norm2 += static_cast<double>(v) * static_cast<double>(v);
    const double norm = std::sqrt(norm2), h = 0x1p-10 / norm;
    const auto loss_at = [&](double t) {
      for (std::size_t k = 0; k < x.size(); ++k) rows.x.row(0)[k] = static_cast<float>(static_cast<double>(x[k]) + t * static_cast<double>(g[k]) / norm);
      return task->gradient(0, 0);
    };
    const double slope = (loss_at(h) - loss_at(-h)) / (2 * h);
    INFO(model << " " << options.norm);
    CHECK(slope == Approx(norm).epsilon(5e-3));
  }
}

TEST_CASE("gradients and statistics are the same bits for any number of threads and any split into ranks") {
  const TrainingOptions options{.partition = Term::parse("dirichlet(1)"), .augment = true};
  struct Case {
    std::string model;
    ModelOptions options;
    int size;
  };
  const auto [model, model_options, size] = GENERATE(Case{"resnet20", {.width = 0.5}, 8}, Case{"resnet18", {.width = 0.125}, 8}, Case{"lenet", {}, 16},
                                                     Case{"vgg11", {.width = 0.125, .norm = "none"}, 32});
  const auto data = images(fmt::format("synthetic(classes = 4, size = {}, samples = 640, test = 1)", size));
  CAPTURE(model);
  const auto run = [&](int ranks, int threads) {
    std::vector<std::vector<float>> rows_of_all;
    ThreadPool pool(threads, prepare_torch_thread);
    for (int rank = 0; rank < ranks; ++rank) {
      const NodeLayout layout{4, ranks, rank};
      const auto task = make(model, model_options, options, layout, threads, data);
      TaskRows rows(*task, layout.mine().count);
      for (const int step : {0, 1, 40})
        pool.for_each(layout.mine().count, [&](std::int64_t local, int) {
          task->gradient(static_cast<int>(local), step);
          const auto x = rows.x.row(static_cast<int>(local)), g = rows.g.row(static_cast<int>(local));
          for (std::size_t k = 0; k < x.size(); ++k) x[k] -= 0.125f * g[k];
        });
      for (int local = 0; local < layout.mine().count; ++local) {
        rows_of_all.emplace_back(rows.x.row(local).begin(), rows.x.row(local).end());
        rows_of_all.emplace_back(rows.buffers.row(local).begin(), rows.buffers.row(local).end());
      }
    }
    return rows_of_all;
  };
  const auto expected = run(1, 1);

  CHECK(expected[0] != expected[2]);
  CHECK(run(1, 2) == expected);
  CHECK(run(1, 3) == expected);
  CHECK(run(2, 2) == expected);
  CHECK(run(3, 1) == expected);
  CHECK(run(4, 1) == expected);
}

TEST_CASE("evaluation is the same for any worker and covers every image once") {
  const auto task = make("resnet20", {.width = 0.5}, {}, {4, 1, 0}, 3);
  TaskRows rows(*task, 4);
  REQUIRE(task->evaluation_batches(Split::test) == 3);  // 500 + 500 + 100
  REQUIRE(task->evaluation_batches(Split::train) == 2);
  REQUIRE(task->evaluation_batches(Split::validation) == 0);
  const auto alone = evaluate(*task, rows.x.row(0), rows.buffers.row(0), Split::test);
  std::vector<double> parts(3 * kClassificationSums);
  ThreadPool(3, prepare_torch_thread).for_each(3, [&](std::int64_t batch, int worker) {
    const auto index = static_cast<std::size_t>(batch);
    task->evaluate_batch(rows.x.row(0), rows.buffers.row(0), Split::test, static_cast<int>(batch), worker,
                         std::span(parts).subspan(index * kClassificationSums, kClassificationSums));
  });

  CHECK(alone.samples == 1100);
  CHECK(parts[8] == 100);
  CHECK(parts[0] + parts[3] + parts[6] == alone.loss);
  CHECK(parts[1] + parts[4] + parts[7] == alone.hits);
  CHECK(task->score(std::vector{alone.loss, alone.hits, alone.samples}) == std::vector{100.0 * alone.hits / 1100, alone.loss / 1100});
}

TEST_CASE("evaluation uses the model it is given, bound or not, and leaves it alone") {
  const auto task = make("cnn");
  std::vector<float> model(task->dim()), buffers(task->buffer_dim());
  task->initial_model(model, buffers);
  const auto before = std::make_pair(model, buffers);
  evaluate(*task, model, buffers, Split::test);
  CHECK(before == std::make_pair(model, buffers));

  // A model that always says class 1: 275 of 1100 images are of it, and its loss there is log(1 + 3 e^-2).
  std::fill(model.begin(), model.end(), 0.0f);
  model[model.size() - 3] = 2;
  const auto result = evaluate(*task, model, buffers, Split::test);
  CHECK(result.hits == 275);
  CHECK(result.loss == Approx(1100 * std::log(3 + std::exp(2.0)) - 2 * 275).epsilon(1e-12));
}

TEST_CASE("every model learns the synthetic images") {
  const auto large = images("synthetic(classes = 4, size = 16, samples = 640, test = 1100)");
  for (const std::string model : {"logistic", "mlp(16)", "cnn", "lenet"}) {
    const auto task = make(model, {}, {}, {4, 1, 0}, 1, model == "lenet" ? large : images());
    TaskRows rows(*task, 4);
    for (int step = 0; step < 60; ++step) {
      task->gradient(0, step);
      for (std::size_t k = 0; k < task->dim(); ++k) rows.x.row(0)[k] -= 0.1f * rows.g.row(0)[k];
    }
    INFO(model);
    CHECK(evaluate(*task, rows.x.row(0), rows.buffers.row(0), Split::test).hits > 900);  // of 1100; chance is 275
  }
}
