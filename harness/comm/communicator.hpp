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

// Bytes that this rank really sent, and the time that it waited for others.
struct Traffic {
  std::int64_t bytes = 0, messages = 0;
  double wait_s = 0;
};

// The call of the communicator that a rank is in, as seen from another thread.
struct Activity {
  std::string_view operation;                   // "" between operations: it computes
  std::vector<int> peers;                       // the ranks whose part the operation needs, ascending
  std::chrono::steady_clock::time_point since;  // when the operation began, or the last one ended
  std::uint64_t changes = 0;                    // how often an operation began or ended
};

// Between ranks. All calls are collective and come in the same order on all ranks; the public functions check sizes, count
// traffic and time the waiting, the back ends only move bytes. Used from one thread per rank; activity() from any.
class Communicator {
 public:
  virtual ~Communicator() = default;
  int rank() const { return rank_; }
  int size() const { return size_; }
  Traffic traffic() const { return traffic_; }
  Activity activity() const;
  virtual double now() const;  // seconds, monotonic; simulated seconds under SMPI

  // One grouped exchange, cannot deadlock: every Send meets the Receive of the same length that its peer posted for it; several
  // between the same two ranks match in order. Complexity: one message per Send.
  // Where the data are is said, not guessed; only a space that the back end reaches.
  void exchange(std::span<const Send> sends, std::span<const Receive> receives, Space where = Space::host);
  virtual bool reaches(Space where) const { return where == Space::host; }
  // all = the concatenation of every rank's `mine`; counts[r] elements come from rank r. Messages: size - 1 per rank.
  void all_gather(std::span<const double> mine, std::span<const int> counts, std::span<double> all);
  void broadcast(std::span<std::byte> data, int root);
  // The concatenation, in rank order, of every rank's bytes, on rank 0; empty elsewhere.
  std::vector<std::byte> gather(std::span<const std::byte> mine);
  void barrier();
  // Ends all ranks of this run with `status`, because this one cannot go on. Does not return.
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
