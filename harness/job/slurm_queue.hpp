#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace xib {

// Task of slurm/submit that waits in Slurm's queue.
struct QueuedTask {
  std::string job;     // as squeue writes it: 12_3
  std::string start;   // when Slurm plans to start it, in local time as squeue writes it; "": not known
  std::string reason;  // why it waits, as Slurm says: Priority, BeginTime, Dependency, ...
  bool operator==(const QueuedTask&) const = default;
};

// Waiting tasks of one sweep for one results directory, as squeue shows them; none if there is no Slurm, or if it does not answer within ten seconds.
class SlurmQueue {
 public:
  SlurmQueue(const std::string& sweep, const std::string& out);
  // Waiting tasks by their index in the plan. If Slurm did not answer, it is not asked again for a minute.
  std::map<std::int64_t, QueuedTask> waiting();

 private:
  std::string command_, mark_;
  std::chrono::steady_clock::time_point silent_until_ = std::chrono::steady_clock::time_point::min();
};

// Parses lines of the squeue command of SlurmQueue. mark: names the results directory in the comment of a job. All other lines are skipped.
std::map<std::int64_t, QueuedTask> parse_queue(const std::string& lines, const std::string& mark);

}  // namespace xib
