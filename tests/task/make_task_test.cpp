#include "harness/task/make_task.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {

RunConfig problem(const std::string& dataset) {
  RunConfig c;
  c.data.dataset = dataset;
  c.model.name = "none";
  c.train.nodes = 4;
  return c;
}

RunConfig synthetic() {
  RunConfig c;
  c.data.dataset = "synthetic(classes = 4, size = 8, samples = 640, test = 200)";
  c.train.nodes = 4;
  return c;
}

}  // namespace

TEST_CASE("every constructed problem of the table makes a task") {
  for (const auto& info : problems()) {
    const auto task = make_task(problem(std::string(info.name)), {4, 1, 0}, 1, "");
    CHECK(task->dim() > 0);
    CHECK(task->has_full_gradient());
    CHECK(task->constants().L > 0);
    CHECK(knows_smoothness(problem(std::string(info.name))));
    CHECK(task->steps_per_epoch() >= 1);
    CHECK(training_samples(problem(std::string(info.name))) >= 4 * 32);
  }
}

TEST_CASE("networks know no smoothness") { CHECK_FALSE(knows_smoothness(synthetic())); }

TEST_CASE("limit and validation share count into the training samples") {
  auto c = synthetic();
  CHECK(training_samples(c) == 640);
  c.data.limit = 400;
  c.evaluation.validation = 0.25;
  CHECK(training_samples(c) == 300);
  c.data.dataset = "fashion-mnist";
  c.data.limit = 0;
  CHECK(training_samples(c) == 45000);
}

TEST_CASE("impossible configurations are refused before data is read") {
  const auto refused = [](RunConfig c, const std::string& word) { CHECK_THROWS_WITH(check_task(c), Catch::Contains(word)); };
  auto c = synthetic();
  c.data.dataset = "quadratc";
  refused(c, "did you mean 'quadratic'");
  c.data.dataset = "fashion-mnits";
  refused(c, "did you mean 'fashion-mnist'");
  refused(problem("quadratic(dim = 0)"), "dim");
  c = problem("quadratic");
  c.model.name = "cnn";
  refused(c, "name = \"none\"");
  c = problem("quadratic");
  c.data.partition = "shards(2)";
  refused(c, "partition");
  c = synthetic();
  c.model.name = "none";
  refused(c, "model");
  c = synthetic();
  c.data.partition = "dirichlet(0)";
  refused(c, "dirichlet");
  c = synthetic();
  c.train.precision = "bfloat16";
  refused(c, "precision");
}

#ifdef XB_TEST_TORCH
TEST_CASE("networks are made as configured") {
  auto c = synthetic();
  c.model.name = "resnet20";
  c.model.width = 0.25;
  c.data.test_limit = 100;
  c.evaluation.validation = 0.5;
  const auto task = make_task(c, {4, 2, 1}, 1, "");
  CHECK(task->classes() == 4);
  CHECK(task->steps_per_epoch() == 2);  // 320 / (4 * 32)
  CHECK(task->evaluation_batches(Split::validation) == 1);
  CHECK(task->class_histogram().size() == 16);
  c.train.nodes = 700;
  CHECK_THROWS_WITH(check_task(c), Catch::Contains("more nodes than samples"));
  c.train.nodes = 11;
  CHECK_THROWS_WITH(check_task(c), Catch::Contains("batch_size"));
}
#else
TEST_CASE("without LibTorch networks are refused with a remedy") { CHECK_THROWS_WITH(check_task(synthetic()), Catch::Contains("XB_WITH_TORCH")); }
#endif
