#pragma once

#include "harness/core/space.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

namespace xib {

struct Send {
  int to;
  std::span<const float> data;
};
struct Receive {
  int from;
  std::span<float> data;
};

// Bytes that this rank really sent to others, and the time that it waited for them.
struct Traffic {
  std::int64_t bytes = 0, messages = 0;
  double wait_s = 0;
};

// Call of the communicator that a rank is in, as another thread sees it.
struct Activity {
  std::string_view operation;                   // "": between operations the rank computes
  std::vector<int> peers;                       // ranks that the operation waits for, ascending
  std::chrono::steady_clock::time_point since;  // when the operation began, or the last one ended
  std::uint64_t changes = 0;                    // how often an operation began or ended
};

// Communication between ranks. All calls are collective, in the same order on all ranks. The public functions check sizes, count traffic and time the waiting;
// back ends only move bytes. One thread per rank uses it; activity() may be called from any thread.
class Communicator {
 public:
  virtual ~Communicator() = default;
  int rank() const { return rank_; }
  int size() const { return size_; }
  Traffic traffic() const { return traffic_; }
  Activity activity() const;
  virtual double now() const;  // seconds, monotonic; simulated seconds under SMPI

  // One grouped exchange, which cannot deadlock. Every Send needs a Receive of the same length on its peer; several between the same two ranks match in order.
  // It sends one message per Send. `where`: the space of all data, which the back end must reach.
  void exchange(std::span<const Send> sends, std::span<const Receive> receives, Space where = Space::host);
  virtual bool reaches(Space where) const { return where == Space::host; }
  // Concatenates every rank's `mine` in `all`; counts[r] elements come from rank r. Messages: size - 1 per rank.
  void all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all);
  void broadcast(std::span<std::byte> data, int root);
  // Returns the bytes of all ranks in rank order on rank 0, and nothing on other ranks.
  std::vector<std::byte> gather(std::span<const std::byte> mine);
  void barrier();
  // Ends all ranks of this run with `status`, because this rank cannot go on. Does not return.
  [[noreturn]] virtual void abort(int status) = 0;

 protected:
  Communicator(int rank, int size) : rank_(rank), size_(size) {}
  virtual void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) = 0;
  virtual void do_exchange_on_device(std::span<const Send> sends, std::span<const Receive> receives);  // by default: a bug
  virtual void do_all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all) = 0;
  virtual void do_broadcast(std::span<std::byte> data, int root) = 0;
  virtual std::vector<std::byte> do_gather(std::span<const std::byte> mine) = 0;

 private:
  class Operation;  // notes that one is under way
  int rank_, size_;
  Traffic traffic_;
  mutable std::mutex activity_mutex_;
  Activity activity_;
};

}  // namespace xib
