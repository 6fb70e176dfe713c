#include "harness/run/accelerator.hpp"

#include "harness/comm/collective.hpp"
#include "harness/comm/nccl_communicator.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/mix/node_matrix.hpp"

#include <charconv>
#include <numeric>

namespace xib {
namespace {

std::string gpus(int count) { return fmt::format("{} GPU{}", count, count == 1 ? "" : "s"); }

// Number of GPUs that `who` sees. Refuses if there is none, or if the chosen one is not among them.
int visible_gpus(const DeviceChoice& choice, const std::string& who) {
  const int visible = cuda_device_count();
  require(visible > 0, Key{"train.device"}, "{} sees no GPU (does CUDA_VISIBLE_DEVICES hide them all?): go to a host that has one, or use --device cpu", who);
  require(choice.number < visible, Key{"--device"}, "there is no cuda:{}: {} sees {}, and the last is cuda:{}", choice.number, who, gpus(visible), visible - 1);
  return visible;
}

int number_of(const Communicator& world, const DeviceChoice& choice) {
  const int visible = visible_gpus(choice, fmt::format("rank {}", world.rank()));
  require(choice.number < 0 || world.size() == 1, Key{"--device"}, "all {1} ranks would use cuda:{0}: write --device cuda, and each takes its own",
          choice.number, world.size());
  require(nccl_version().empty() || choice.number >= 0 || local_ranks() <= visible || visible == 1, Key{"--device"},
          "{} ranks on a host that shows {}: start one rank per GPU", local_ranks(), gpus(visible));
  return choice.number >= 0 ? choice.number : local_rank() % visible;
}

// Has a GPU keep and compute something known: what is wrong with it, or with this build for it, shows before the runs.
void try_out(Device& device) {
  NodeMatrix x(1, 3, &device);
  const float row[] = {2, 3, 6};
  x.write_row(0, row);
  double norm2 = 0;
  device.row_norms(x.data(), x.stride(), x.dim(), {&norm2, 1});
  if (norm2 != 49) fail("{} computes 4 + 9 + 36 = {}: tell the administrators, and take another (CUDA_VISIBLE_DEVICES, --device cuda:K)", device.name(), norm2);
}

}  // namespace

DeviceChoice parse_device(const std::string& flag) {
  if (flag.empty() || flag == "cpu" || flag == "cuda") return {flag};
  DeviceChoice choice{"cuda"};
  if (flag.starts_with("cuda:")) {
    const char *begin = flag.data() + 5, *end = flag.data() + flag.size();
    const auto [at, problem] = std::from_chars(begin, end, choice.number);
    if (begin != end && problem == std::errc() && at == end && choice.number >= 0) return choice;
  }
  refuse(Key{"--device"}, "'{}' must be cpu, cuda or cuda:K (K = 0, 1, ... as the process sees its GPUs)", flag);
}

Accelerator::Accelerator(Communicator& world, const DeviceChoice& choice, double timeout_s) : world_(world) {
  const int number = on_every_rank(world, [&] {
    if (const std::string problem = cuda_problem(); !problem.empty()) refuse(Key{"train.device"}, "{}", problem);
    const int mine = number_of(world, choice);
    device_ = make_cuda_device(mine);
    try_out(*device_);
    return mine;
  });
  description_ = device_->description();
  if (world.size() == 1) return;
  if (nccl_version().empty()) {
    description_ += ", exchange through pinned host memory";
    return;
  }
  nccl_ = make_nccl_communicator(world, {number, timeout_s});
  description_ += ", exchange by NCCL " + nccl_version();
}

Accelerator::~Accelerator() = default;

std::vector<int> gpus_of_host(const DeviceChoice& choice) {
  const int visible = visible_gpus(choice, "this process");
  if (choice.number >= 0) return {choice.number};
  std::vector<int> all(static_cast<std::size_t>(visible));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::string gpu_problem(const DeviceChoice& choice) try {
  if (choice.kind != "cuda") return "";
  const int visible = cuda_device_count();
  if (visible == 0) return "it sees no GPU";
  try_out(*make_cuda_device(choice.number >= 0 ? choice.number : local_rank() % visible));
  return "";
} catch (const Error& error) {
  return error.what();
}

std::string cuda_problem() {
  return cuda_version().empty() ? "this build has no CUDA: configure with -DXB_WITH_CUDA=ON on a machine with a CUDA toolkit, or use --device cpu" : "";
}

}  // namespace xib
