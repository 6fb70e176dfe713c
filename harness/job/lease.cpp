#include "harness/job/lease.hpp"

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/paths.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/slurm_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace xib {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Lease::Owner myself() {
  Lease::Owner me{
      .host = host_name(), .job = slurm_job(), .cluster = environment("SLURM_CLUSTER_NAME"), .token = {}, .space = process_space(), .pid = getpid()};
  me.started = process_start(me.pid);
  me.restarts = std::atoll(environment("SLURM_RESTART_COUNT").c_str());
  me.token = sha256(fmt::format("{} {} {} {} {} {}", me.host, me.space.boot, me.space.pids, me.pid, me.started,
                                std::chrono::steady_clock::now().time_since_epoch().count()))
                 .substr(0, 16);
  return me;
}

std::string write_text(const Lease::Owner& owner) {
  const auto known = [](const std::string& value) { return value.empty() ? "-" : value; };
  return fmt::format("host {}\nmachine {}\nboot {}\npids {}\npid {}\nstarted {}\njob {}\ncluster {}\nrestarts {}\ntoken {}\n", owner.host,
                     known(owner.space.machine), known(owner.space.boot), known(owner.space.pids), owner.pid, owner.started, known(owner.job),
                     known(owner.cluster), owner.restarts, owner.token);
}

std::optional<Lease::Owner> read_owner(const std::string& path) {
  const auto text = read_file_if_there(path, "move it away");
  if (!text) return std::nullopt;
  std::istringstream in(*text);
  Lease::Owner owner;
  for (std::string key, value; in >> key >> value;) {
    if (value == "-") continue;
    if (key == "machine") owner.space.machine = value;
    if (key == "boot") owner.space.boot = value;
    if (key == "pids") owner.space.pids = value;
    if (key == "host") owner.host = value;
    if (key == "pid") owner.pid = std::atoll(value.c_str());
    if (key == "started") owner.started = std::atoll(value.c_str());
    if (key == "job") owner.job = value;
    if (key == "cluster") owner.cluster = value;
    if (key == "restarts") owner.restarts = std::atoll(value.c_str());
    if (key == "token") owner.token = value;
  }
  return owner;
}

// A Slurm that does not answer costs the time until it is given up, which must not be paid for each of a thousand leases.
class SlurmOfThisHost {
 public:
  bool is_asked() const { return std::chrono::steady_clock::now() >= silent_until_; }
  void was_silent() { silent_until_ = std::chrono::steady_clock::now() + std::chrono::minutes(1); }
  const std::string& cluster() {  // "": it does not answer
    if (cluster_.empty()) {
      std::istringstream lines(ask_slurm("scontrol show config", 20).text);
      for (std::string line; std::getline(lines, line);)
        if (line.starts_with("ClusterName") && line.find('=') != std::string::npos) std::istringstream(line.substr(line.find('=') + 1)) >> cluster_;
      if (cluster_.empty()) was_silent();
    }
    return cluster_;
  }

 private:
  std::string cluster_;
  std::chrono::steady_clock::time_point silent_until_ = std::chrono::steady_clock::time_point::min();
};

// State of the owner's job, from the cluster that it ran on; "forgotten" when it answers and no longer knows it, as
// Slurm does some minutes after the end (for a task of an array it then prints nothing at all); "" when nothing can be learned.
std::string slurm_state(const Lease::Owner& owner) {
  static SlurmOfThisHost slurm;
  if (owner.cluster.empty() || owner.job.find_first_not_of("0123456789_") != std::string::npos) return "";
  if (!slurm.is_asked() || slurm.cluster() != owner.cluster) return "";
  const SlurmAnswer answer = ask_slurm("squeue --states=all --array --noheader --format='job %i %T' --jobs=" + owner.job, 20);
  const bool answered = answer.succeeded || answer.text.find("Invalid job id specified") != std::string::npos;
  std::istringstream lines(answer.text);
  std::string state;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("job " + owner.job + " ")) state = line.substr(owner.job.size() + 5);
  if (state.empty() && !answered) slurm.was_silent();
  return state.empty() && answered ? "forgotten" : state;
}

// True if `owner`, on a host of this name, is known to have ended there. The name alone proves little, because containers and some hosts share names.
bool ended_here(const Lease::Owner& owner, const Lease::Owner& me) {
  const ProcessSpace &theirs = owner.space, &mine = me.space;
  if (theirs.boot.empty() && theirs.pids.empty()) return process_is_gone(owner.pid, owner.started);  // an earlier build's lease: the name is all
  if (theirs.pids != mine.pids) return false;
  if (theirs.boot == mine.boot) return process_is_gone(owner.pid, owner.started);
  // If machine and namespace of processes are the same, another boot id means a reboot, which no process survives. Two hosts with one name differ in the
  // machine. The namespace of a container is new each time, so a copied machine-id proves nothing there.
  return !theirs.boot.empty() && !mine.boot.empty() && !mine.machine.empty() && theirs.machine == mine.machine;
}

// True if the owner is known to be gone. A scheduler that does not answer, or a process on another host, proves nothing.
bool gone(const Lease::Owner& owner, const Lease::Owner& me) {
  if (owner.token.empty()) return true;                                      // an empty file, as a power loss leaves it: leases appear whole
  const bool same_job = owner.job == me.job && owner.cluster == me.cluster;  // each cluster counts its jobs from 1
  if (!owner.job.empty() && same_job && owner.restarts < me.restarts) return true;
  if (owner.host == me.host && ended_here(owner, me)) return true;
  if (owner.job.empty() || same_job) return false;
  // PREEMPTED: cancelled by preemption; a job that is requeued is PENDING.
  constexpr std::array kEnded = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "PREEMPTED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "forgotten"};
  return std::find(kEnded.begin(), kEnded.end(), slurm_state(owner)) != kEnded.end();
}

}  // namespace

std::string Lease::Owner::describe() const { return fmt::format("process {} on {}{}", pid, host, job.empty() ? "" : ", Slurm job " + job); }

Lease::Lease(std::string path, std::string token, std::string taken_from)
    : path_(std::move(path)), token_(std::move(token)), taken_from_(std::move(taken_from)) {}

std::unique_ptr<Lease> Lease::take(const std::string& path, Owner& holder) {
  const Owner me = myself();
  const std::string draft = path + "." + me.token;
  std::string taken_from;
  for (int attempt = 0; attempt < 10; ++attempt) {
    {
      std::ofstream out(draft);
      out << write_text(me);
      out.flush();
      if (!out) {
        const int reason = errno;
        unlink(draft.c_str());
        fail("cannot write {}: {}: check the space and rights of the output directory", draft, std::strerror(reason));
      }
    }
    const bool linked = link(draft.c_str(), path.c_str()) == 0;
    const int problem = errno;
    unlink(draft.c_str());
    // If the answer to a link over NFS was lost, the repeated request fails; the name is then there, with our own token.
    const auto owner = linked ? me : read_owner(path);
    if (owner && owner->token == me.token) return std::unique_ptr<Lease>(new Lease(path, me.token, taken_from));
    if (!linked && problem != EEXIST) fail("cannot create {}: {}", path, std::strerror(problem));
    if (!owner) continue;  // given back between our two looks
    if (!gone(*owner, me)) {
      holder = *owner;
      return nullptr;
    }
    // Renaming away is what only one of several heirs can do.
    const std::string grave = path + "." + me.token + ".gone";
    if (rename(path.c_str(), grave.c_str()) == 0) {
      const auto buried = read_owner(grave);
      if (buried && buried->token != owner->token) {  // an heir was faster and this is its new lease: put it back
        link(grave.c_str(), path.c_str());
        unlink(grave.c_str());
        continue;
      }
      unlink(grave.c_str());
      taken_from = owner->token.empty() ? "an empty lease" : owner->describe() + ", which is gone";
    }
  }
  fail("{}: other processes take and return this lease again and again: run fewer drivers on one directory", path);
}

std::optional<Lease::Owner> Lease::held_by(const std::string& path) {
  auto owner = read_owner(path);
  if (owner && gone(*owner, myself())) owner.reset();
  return owner;
}

bool Lease::holds(const std::string& path, const std::string& token) {
  const auto owner = read_owner(path);
  return owner && owner->token == token;
}

Lease::~Lease() {
  try {
    if (still_ours()) unlink(path_.c_str());
  } catch (const Error&) {  // it cannot be read: whoever can sees that its owner is gone
  }
}

}  // namespace xib
