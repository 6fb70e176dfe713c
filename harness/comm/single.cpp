#include "harness/comm/single.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cstdlib>

namespace xib {
namespace {

// Rank 0 of 1: messages to itself are copies.
class Single final : public Communicator {
 public:
  Single() : Communicator(0, 1) {}
  [[noreturn]] void abort(int status) override { std::_Exit(status); }

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    if (sends.size() != receives.size()) fail("{} messages to oneself meet {} receives (this is a bug)", sends.size(), receives.size());
    for (std::size_t k = 0; k < sends.size(); ++k) {
      if (sends[k].data.size() != receives[k].data.size())
        fail("rank 0 expects {} floats of rank 0, which sends {} (this is a bug)", receives[k].data.size(), sends[k].data.size());
      std::copy(sends[k].data.begin(), sends[k].data.end(), receives[k].data.begin());
    }
  }
  void do_all_gather(std::span<const double> mine, std::span<const int>, std::span<double> all) override { std::copy(mine.begin(), mine.end(), all.begin()); }
  void do_broadcast(std::span<std::byte>, int) override {}
  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override { return {mine.begin(), mine.end()}; }
};

}  // namespace

std::unique_ptr<Communicator> make_single_communicator() { return std::make_unique<Single>(); }

}  // namespace xib
