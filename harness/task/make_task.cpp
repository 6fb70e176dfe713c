#include "harness/task/make_task.hpp"

#include "datasets/sampler.hpp"
#include "harness/core/check.hpp"
#include "harness/core/flush_denormals.hpp"
#include "harness/core/problems.hpp"
#include "harness/core/row_of.hpp"
#include "harness/task/task_size.hpp"
#ifdef XB_WITH_TORCH
#include "harness/task/networks.hpp"
#endif

#include <algorithm>

namespace xib {
namespace {

#ifdef XB_WITH_TORCH
constexpr bool kTorch = true;
std::string device_problem() { return networks().device_problem(); }
std::unique_ptr<Task> make_network_task(std::shared_ptr<const Dataset> dataset, const Network& network, const Term& partition, const RunConfig& config,
                                        const NodeLayout& layout, int workers, const ComputePlace& place) {
  const TrainingOptions options{partition, config.train.batch_size, config.train.augment, static_cast<std::uint64_t>(config.seed)};
  if (!place.device) return networks().make_task(std::move(dataset), network, options, layout, workers);
  return networks().make_device_task(std::move(dataset), network, options, layout,
                                     {.device = place.device,
                                      .way = place.way,
                                      .precision = config.train.precision,
                                      .activation_bytes = task_size(config).activations,
                                      .run_bytes = place.run_bytes});
}
#else
constexpr bool kTorch = false;
std::string device_problem() { return ""; }  // that there is no LibTorch has been said
std::unique_ptr<Task> make_network_task(std::shared_ptr<const Dataset>, const Network&, const Term&, const RunConfig&, const NodeLayout&, int,
                                        const ComputePlace&) {
  return nullptr;  // check_task() has refused
}
#endif

Term dataset_term(const RunConfig& config) { return Term::parse(config.data.dataset, "data.dataset"); }
Term partition_term(const RunConfig& config) { return Term::parse(config.data.partition, "data.partition"); }

Network network_of(const RunConfig& config, const ImageShape& shape, int classes) {
  const auto& m = config.model;
  return make_network(Term::parse(m.name, "model.name"), {m.width, m.norm, m.shortcut}, shape, classes);
}

void check_numbers(const RunConfig& c) {
  require(c.seed >= 0, Key{"seed"}, "{} is negative", c.seed);
  require(c.train.nodes >= 1 && c.train.nodes <= 1 << 20, Key{"train.nodes"}, "{} is not in 1..{}", c.train.nodes, 1 << 20);
  require(c.train.batch_size >= 1, Key{"train.batch_size"}, "{} is not a batch size; at least one sample is needed", c.train.batch_size);
  require(c.data.limit >= 0, Key{"data.limit"}, "{} is negative; 0 takes all", c.data.limit);
  require(c.data.test_limit >= 0, Key{"data.test_limit"}, "{} is negative; 0 takes all", c.data.test_limit);
  require(c.evaluation.validation >= 0 && c.evaluation.validation < 1, Key{"evaluation.validation"}, "{} is not a share in [0, 1)", c.evaluation.validation);
}

void check_problem(const RunConfig& c, const Term& term, const ProblemInfo& info) {
  Problems problems;
  const auto expect = [&](bool ok, std::string_view key, const std::string& problem) {
    if (!ok) problems.add(Key{key}, problem);
  };
  expect(c.model.name == "none", "model.name",
         fmt::format("'{}' with the constructed problem {}: it has no model; write name = \"none\"", c.model.name, info.name));
  expect(c.data.partition == "iid", "data.partition",
         fmt::format("'{}': {} has its own arguments for how nodes differ; leave it out", c.data.partition, info.name));
  for (const auto& [key, limit] : {std::pair("data.limit", c.data.limit), std::pair("data.test_limit", c.data.test_limit)})
    expect(limit == 0, key, fmt::format("{}: {} has its own argument for the number of samples; leave it out", limit, info.name));
  expect(c.evaluation.validation == 0, "evaluation.validation",
         fmt::format("{}: {} has nothing to hold out; leave it out", c.evaluation.validation, info.name));
  expect(!c.train.augment, "train.augment", fmt::format("true: {} has no images; leave it out", info.name));
  problems.attempt([&] { info.check(term, static_cast<int>(c.train.nodes), c.train.batch_size); });
  problems.throw_if_any();
}

void check_images(const RunConfig& config, const DatasetFacts& facts) {
  Problems problems;
  problems.attempt([&] {
    const auto partition = partition_term(config);
    partition_info(partition, "data.partition").check(partition);
  });
  problems.attempt([&] {
    require(config.model.name != "none", Key{"model.name"}, "'none' with dataset {}: images need a model, as in name = \"cnn\"", dataset_term(config).name);
    network_of(config, facts.shape, facts.classes);
    require(kTorch, Key{"model.name"},
            "'{}': this build has no LibTorch, so it trains no networks; install libtorch-dev and build with -DXB_WITH_TORCH=ON, "
            "or take a constructed problem such as dataset = \"quadratic\"",
            config.model.name);
  });
  problems.attempt([&] { steps_in_epoch(static_cast<std::int64_t>(training_samples(config)), config.train.nodes, config.train.batch_size); });
  problems.throw_if_any();
}

void check_data_and_model(const RunConfig& config) {
  const auto term = dataset_term(config);
  if (const auto* problem = find_problem(term.name)) return check_problem(config, term, *problem);
  std::vector<std::string> names = names_of(datasets());
  for (auto& name : names_of(problems())) names.push_back(std::move(name));
  if (std::find(names.begin(), names.end(), term.name) == names.end()) refuse_name("data.dataset", "dataset", term.name, names);
  check_images(config, dataset_info(term, "data.dataset").facts(term));
}

void check_device(const RunConfig& config) {
  const auto& [device, precision] = std::pair(config.train.device, config.train.precision);
  Problems problems;
  problems.attempt([&] {
    require(precision == "float32" || device != "cpu", Key{"train.precision"},
            "'{}': a CPU computes in float32 only; write precision = \"float32\", or use --device cuda", precision);
    require(precision == "float32" || !knows_smoothness(config), Key{"train.precision"},
            "'{}': the gradients of {} are computed on the host, in double; write precision = \"float32\"", precision, dataset_term(config).name);
  });
  problems.attempt([&] {
    if (device == "cpu" || knows_smoothness(config)) return;  // else LibTorch is asked
    if (const std::string problem = device_problem(); !problem.empty())
      refuse(Key{"train.device"}, "'{}' with model.name = '{}': {}", device, config.model.name, problem);
  });
  problems.throw_if_any();
}

}  // namespace

double training_samples(const RunConfig& config) {
  const auto term = dataset_term(config);
  if (const auto* problem = find_problem(term.name)) return problem->training_samples(term, static_cast<int>(config.train.nodes), config.train.batch_size);
  auto samples = dataset_info(term, "data.dataset").facts(term).train;
  if (config.data.limit > 0) samples = std::min(samples, config.data.limit);
  return static_cast<double>(samples - held_out_count(samples, config.evaluation.validation));
}

bool knows_smoothness(const RunConfig& config) { return find_problem(dataset_term(config).name) != nullptr; }

void check_task(const RunConfig& config) {
  check_numbers(config);
  Problems problems;
  problems.attempt([&] { check_data_and_model(config); });
  problems.attempt([&] { check_device(config); });
  problems.throw_if_any();
}

std::unique_ptr<Task> make_task(const RunConfig& config, const NodeLayout& layout, int workers, const std::string& data_directory, const ComputePlace& place) {
  check_task(config);
  require(layout.nodes == config.train.nodes, "the layout has {} nodes, train.nodes = {}", layout.nodes, config.train.nodes);
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const auto term = dataset_term(config);
  if (const auto* problem = find_problem(term.name)) return problem->make(term, layout, config.train.batch_size, seed);
  auto dataset = load_dataset(term, data_directory);
  dataset.train.truncate(config.data.limit);
  dataset.test.truncate(config.data.test_limit);
  hold_out(dataset, config.evaluation.validation, seed);
  const auto network = network_of(config, dataset.train.shape, dataset.classes);
  return make_network_task(std::make_shared<const Dataset>(std::move(dataset)), network, partition_term(config), config, layout, workers, place);
}

std::string networks_on_gpu_problem() {
  return kTorch ? device_problem() : "this build has no LibTorch, so it trains no networks: install libtorch-dev and build with -DXB_WITH_TORCH=ON";
}

std::function<void()> task_thread_setup() { return flush_denormals; }

}  // namespace xib
