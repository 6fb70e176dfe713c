#include "harness/comm/communicator.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <numeric>

namespace xib {
namespace {

void check_peer(int peer, int size) {
  if (peer < 0 || peer >= size) fail("a message names rank {} in a world of {} ranks (this is a bug)", peer, size);
}

}  // namespace

// Times an operation and notes it, for the length of its scope. The note costs a lock that nobody contends and no allocation once warm.
class Communicator::Operation {
 public:
  template <class AddPeers>
  Operation(Communicator& c, std::string_view name, AddPeers add_peers) : c_(c), from_(c.now()) {
    const std::lock_guard lock(c.activity_mutex_);
    auto& peers = c.activity_.peers;
    peers.clear();
    add_peers(peers);
    std::sort(peers.begin(), peers.end());
    peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
    std::erase(peers, c.rank_);
    change(name);
  }
  ~Operation() {
    const std::lock_guard lock(c_.activity_mutex_);
    change("");
    c_.traffic_.wait_s += c_.now() - from_;
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

 private:
  void change(std::string_view operation) {
    c_.activity_.operation = operation;
    c_.activity_.since = std::chrono::steady_clock::now();
    ++c_.activity_.changes;
  }
  Communicator& c_;
  double from_;
};

Activity Communicator::activity() const {
  const std::lock_guard lock(activity_mutex_);
  return activity_;
}

double Communicator::now() const { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void Communicator::do_exchange_on_device(std::span<const Send>, std::span<const Receive>) {
  fail("this communicator cannot send from a device's memory (this is a bug)");
}

void Communicator::exchange(std::span<const Send> sends, std::span<const Receive> receives, Space where) {
  if (!reaches(where)) fail("this communicator cannot send from a device's memory (this is a bug)");
  for (const auto& s : sends) {
    check_peer(s.to, size_);
    if (s.to == rank_) continue;
    traffic_.bytes += static_cast<std::int64_t>(s.data.size_bytes());
    ++traffic_.messages;
  }
  for (const auto& r : receives) check_peer(r.from, size_);
  const Operation operation(*this, "exchange", [&](std::vector<int>& peers) {
    for (const auto& s : sends) peers.push_back(s.to);
    for (const auto& r : receives) peers.push_back(r.from);
  });
  where == Space::device ? do_exchange_on_device(sends, receives) : do_exchange(sends, receives);
}

void Communicator::all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) {
  const auto total = std::accumulate(counts.begin(), counts.end(), std::size_t{0}, [](std::size_t sum, int c) { return sum + static_cast<std::size_t>(c); });
  if (std::ssize(counts) != size_ || static_cast<std::size_t>(counts[static_cast<std::size_t>(rank_)]) != mine.size() || all.size() != total)
    fail("all_gather: {} elements of rank {} do not fit the announced counts (this is a bug)", mine.size(), rank_);
  traffic_.bytes += static_cast<std::int64_t>(mine.size_bytes()) * (size_ - 1);
  traffic_.messages += size_ - 1;
  const Operation operation(*this, "all-gather", [&](std::vector<int>& peers) {
    for (int r = 0; r < size_; ++r) peers.push_back(r);
  });
  do_all_gather(mine, counts, all);
}

void Communicator::broadcast(std::span<std::byte> data, int root) {
  check_peer(root, size_);
  if (rank_ == root) {
    traffic_.bytes += static_cast<std::int64_t>(data.size()) * (size_ - 1);
    traffic_.messages += size_ - 1;
  }
  const Operation operation(*this, "broadcast", [&](std::vector<int>& peers) {
    for (int r = 0; r < size_; ++r)
      if (rank_ == root || r == root) peers.push_back(r);
  });
  do_broadcast(data, root);
}

std::vector<std::byte> Communicator::gather(std::span<const std::byte> mine) {
  if (rank_ != 0) {
    traffic_.bytes += static_cast<std::int64_t>(mine.size());
    ++traffic_.messages;
  }
  const Operation operation(*this, "gather", [&](std::vector<int>& peers) {
    for (int r = 0; r < size_; ++r)
      if (rank_ == 0 || r == 0) peers.push_back(r);
  });
  return do_gather(mine);
}

void Communicator::barrier() {
  const std::vector<int> counts(static_cast<std::size_t>(size_), 1);
  const double mine = 0;
  std::vector<double> all(static_cast<std::size_t>(size_));
  all_gather({&mine, 1}, counts, all);
}

}  // namespace xib
