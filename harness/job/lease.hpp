#pragma once

#include "harness/core/process.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace xib {

// Ownership of a run: the file DIR/<name>/<id>.lease. It is made by link(2), which is atomic on network file systems too, so that two drivers on one results
// directory never do the same run. Rank 0 only.
class Lease {
 public:
  struct Owner {
    std::string host, job, cluster, token;  // job and cluster: Slurm's, "" outside
    ProcessSpace space;                     // of the pid; empty in leases of earlier builds
    std::int64_t pid = 0, started = 0;      // started: start of the process in clock ticks since boot, to recognize a reused pid
    std::int64_t restarts = 0;              // SLURM_RESTART_COUNT
    std::string describe() const;
  };
  // Takes the lease, also from an owner that is known to be gone: this process sees that its process is dead; its machine was rebooted; the same Slurm job of
  // the same cluster was requeued; or the Slurm of its cluster says that its job has ended. Returns null if another process holds it, which `holder` then
  // names.
  static std::unique_ptr<Lease> take(const std::string& path, Owner& holder);
  static std::optional<Owner> held_by(const std::string& path);  // nullopt: nobody, or an owner that is known to be gone
  ~Lease();                                                      // gives the lease back, if it is still ours
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool still_ours() const { return holds(path_, token_); }  // false: another process took over, and this one must write nothing more
  const std::string& token() const { return token_; }
  static bool holds(const std::string& path, const std::string& token);  // for the other ranks of the same run
  const std::string& taken_from() const { return taken_from_; }          // "" or "process 7 on host, which is gone"

 private:
  Lease(std::string path, std::string token, std::string taken_from);
  std::string path_, token_, taken_from_;
};

}  // namespace xib
