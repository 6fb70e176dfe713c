#include "harness/task/torch_cuda.hpp"

#include "harness/task/torch_task.hpp"

#include <string>

// LibTorch for the stand-in of a GPU: its memory is host memory, so LibTorch computes there as on the CPU. Linked before the library's own.
namespace xib {
namespace {

// Like a CUDA graph, it calls the body to warm up and to record; only then is the body kept, and called in every replay.
class StandInGraph final : public StepGraph {
 public:
  void record(int branches, const std::function<void(int)>& body) override {
    for (int warm_up = 0; warm_up < 2; ++warm_up)
      for (int b = branches - 1; b >= 0; --b) body(b);  // branches have no order
    branches_ = branches;
    body_ = body;
  }
  void replay() override {
    for (int b = branches_ - 1; b >= 0; --b) body_(b);
  }

 private:
  int branches_ = 0;
  std::function<void(int)> body_;
};

}  // namespace

std::string torch_device_problem() { return ""; }
at::Device torch_device(const Device&) { return at::kCPU; }
std::string torch_device_libraries() { return "the CPU's, as a stand-in"; }
std::unique_ptr<StepGraph> make_step_graph(at::Device) { return std::make_unique<StandInGraph>(); }

}  // namespace xib
