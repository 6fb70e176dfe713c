#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace xib {

// A task of slurm/submit that waits in Slurm's queue.
struct QueuedTask {
  std::string job;     // as squeue takes it: 12_3
  std::string start;   // when Slurm means to start it, in local time as squeue writes it; "" where it does not say
  std::string reason;  // Slurm's, why it waits: Priority, BeginTime, Dependency, ...
  bool operator==(const QueuedTask&) const = default;
};

// The waiting tasks of one sweep into one results directory, as squeue shows them. Where there is no Slurm, or it does not answer in ten seconds, there are
// none.
class SlurmQueue {
 public:
  SlurmQueue(const std::string& sweep, const std::string& out);
  // By index in the plan. After a silence Slurm is not asked for a minute.
  std::map<std::int64_t, QueuedTask> waiting();

 private:
  std::string command_, mark_;
  std::chrono::steady_clock::time_point silent_until_ = std::chrono::steady_clock::time_point::min();
};

// Of lines as the class's squeue prints them. mark: which jobs are meant. Others' jobs and lines that are none are passed over.
std::map<std::int64_t, QueuedTask> parse_queue(const std::string& lines, const std::string& mark);

}  // namespace xib
