#pragma once

#include "harness/comm/communicator.hpp"

namespace xib::test {

// Hands everything on to another communicator: tests derive from it and change what they plant.
class ForwardingCommunicator : public Communicator {
 public:
  explicit ForwardingCommunicator(Communicator& inner) : Communicator(inner.rank(), inner.size()), inner_(inner) {}

 protected:
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override { inner_.exchange(sends, receives); }
  void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) override { inner_.all_gather(mine, counts, all); }
  void do_broadcast(std::span<std::byte> data, int root) override { inner_.broadcast(data, root); }
  std::vector<std::byte> do_gather(std::span<const std::byte> mine) override { return inner_.gather(mine); }
  Communicator& inner_;
};

}  // namespace xib::test
