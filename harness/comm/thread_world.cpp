#include "harness/comm/thread_world.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace xib {
namespace {

struct WorldBroken {};

// State that the rank-threads share: a barrier that can be broken (std::barrier has no way to fail the ranks that wait for a dead one)
// and a table of what each rank offers in the current call.
class World {
 public:
  explicit World(int ranks) : offers(static_cast<std::size_t>(ranks)), waiting_for_(ranks), ranks_(ranks) {}

  void meet() {
    std::unique_lock lock(mutex_);
    if (broken_) throw WorldBroken{};
    const auto turn = turn_;
    if (--waiting_for_ == 0) {
      waiting_for_ = ranks_;
      ++turn_;
      all_here_.notify_all();
      return;
    }
    all_here_.wait(lock, [&] { return broken_ || turn_ != turn; });
    if (turn_ == turn) throw WorldBroken{};
  }

  void break_with(std::exception_ptr error) {
    std::lock_guard lock(mutex_);
    broken_ = true;
    if (error && !first_error_) first_error_ = error;
    all_here_.notify_all();
  }

  void rethrow() const {
    if (first_error_) std::rethrow_exception(first_error_);
  }

  struct Offer {
    std::span<const Send> sends;
    std::span<const double> numbers;
    std::span<const std::byte> bytes;
  };
  std::vector<Offer> offers;

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int waiting_for_, ranks_;
  std::uint64_t turn_ = 0;
  bool broken_ = false;
  std::exception_ptr first_error_;
};

class ThreadRank final : public Communicator {
 public:
  ThreadRank(World& world, int rank, int size) : Communicator(rank, size), world_(world) {}

  [[noreturn]] void abort(int status) override { throw Error(static_cast<Fault>(status), "the run was aborted"); }

 protected:
  // Between the two meetings every rank reads what the others offer, so a rank that finds a mismatch reports it after the second one:
  // unwinding earlier would free memory that others still copy from.
  void do_exchange(std::span<const Send> sends, std::span<const Receive> receives) override {
    mine().sends = sends;
    world_.meet();
    std::string mismatch;
    std::vector<std::size_t> taken(static_cast<std::size_t>(size()), 0);  // the k-th receive from a rank meets its k-th send to us
    for (const auto& r : receives) {
      const auto from = static_cast<std::size_t>(r.from);
      const auto& theirs = world_.offers[from].sends;
      std::size_t k = taken[from];
      while (k < theirs.size() && theirs[k].to != rank()) ++k;
      if (k == theirs.size() || theirs[k].data.size() != r.data.size()) {
        mismatch = fmt::format("rank {} expects {} floats of rank {}, which sends none or another number (this is a bug)", rank(), r.data.size(), r.from);
        break;
      }
      std::copy(theirs[k].data.begin(), theirs[k].data.end(), r.data.begin());
      taken[from] = k + 1;
    }
    meet_and_report(mismatch);
  }

  void do_all_gather(std::span<const double> numbers, std::span<const int> counts, std::span<double> all) override {
    mine().numbers = numbers;
    world_.meet();
    std::string mismatch;
    auto out = all.begin();
    for (std::size_t r = 0; r < counts.size() && mismatch.empty(); ++r) {
      const auto& theirs = world_.offers[r].numbers;
      if (theirs.size() == static_cast<std::size_t>(counts[r]))
        out = std::copy(theirs.begin(), theirs.end(), out);
      else
        mismatch = fmt::format("rank {} expects {} numbers of rank {}, which gives {} (this is a bug)", rank(), counts[r], r, theirs.size());
    }
    meet_and_report(mismatch);
  }

  void do_broadcast(std::span<std::byte> data, int root) override {
    if (rank() == root) mine().bytes = data;
    world_.meet();
    std::string mismatch;
    const auto source = world_.offers[static_cast<std::size_t>(root)].bytes;
    if (source.size() != data.size())
      mismatch = fmt::format("rank {} expects a broadcast of {} bytes and gets {} (this is a bug)", rank(), data.size(), source.size());
    else if (rank() != root)
      std::copy(source.begin(), source.end(), data.begin());
    meet_and_report(mismatch);
  }

  std::vector<std::byte> do_gather(std::span<const std::byte> bytes) override {
    mine().bytes = bytes;
    world_.meet();
    std::vector<std::byte> all;
    if (rank() == 0)
      for (const auto& offer : world_.offers) all.insert(all.end(), offer.bytes.begin(), offer.bytes.end());
    world_.meet();
    return all;
  }

 private:
  void meet_and_report(const std::string& mismatch) {
    world_.meet();
    if (!mismatch.empty()) fail("{}", mismatch);
  }
  World::Offer& mine() { return world_.offers[static_cast<std::size_t>(rank())]; }
  World& world_;
};

}  // namespace

void run_thread_ranks(int ranks, const std::function<void(Communicator&)>& body) {
  World world(ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      try {
        ThreadRank communicator(world, rank, ranks);
        body(communicator);
      } catch (const WorldBroken&) {
        world.break_with(nullptr);
      } catch (...) {
        world.break_with(std::current_exception());
      }
    });
  for (auto& t : threads) t.join();
  world.rethrow();
}

}  // namespace xib
