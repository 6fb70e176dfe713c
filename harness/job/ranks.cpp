#include "harness/job/ranks.hpp"

#include "harness/comm/collective.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/process.hpp"
#include "harness/job/provenance.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace xib {

std::string command_line() {
  const std::string text = fmt::format("{}", fmt::join(own_arguments(), " "));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

int default_threads() {
  const int usable = usable_processors();
  const bool bound = usable < static_cast<int>(std::thread::hardware_concurrency());
  return bound ? usable : std::max(1, usable / local_ranks());
}

void check_threads(int threads, bool on_this_machine) {
  require(threads >= 1 && threads <= 1024, Key{"--threads"}, "{} is not between 1 and 1024", threads);
  if (const int usable = usable_processors(); on_this_machine && threads > usable)
    notify("xibench: {} threads share {} processor{} that this process is bound to: for mpirun add --bind-to none, for srun --cpus-per-task={}\n", threads,
           usable, usable == 1 ? "" : "s", threads);
}

namespace {

// Collective. Whether every rank has this text; `what` says on a rank that has another what it means.
template <class What>
void check_same_text(Communicator& communicator, const std::string& text, What what) {
  using Digest = std::array<char, 64>;
  const auto digest_of_mine = [&] {
    Digest digest{};
    sha256(text).copy(digest.data(), digest.size());
    return digest;
  };
  const auto first = from_rank_0<Digest>(communicator, digest_of_mine);
  on_every_rank(communicator, [&] {
    if (digest_of_mine() != first) refuse("{}", what());
    return 0;
  });
}

}  // namespace

void check_same_plan(Communicator& communicator, const Plan& plan) {
  std::string ids;
  for (const PlannedRun& run : plan.runs) ids += run.id;
  check_same_text(communicator, ids, [&] {
    return fmt::format(
        "rank {} on {} plans other runs than rank 0 from {}, because its sweep file, graph file or XIBENCH_ variables differ: give all hosts the same",
        communicator.rank(), host_name(), plan.sweep.path);
  });
}

void check_same_kept(Communicator& communicator, const KeptRuns& kept) {
  std::string digests;
  for (const auto& [id, run] : kept) digests += id + run.science_digest;
  check_same_text(communicator, digests, [&] {
    return fmt::format("rank {} on {} reads other kept runs than rank 0: one of the files was replaced, or is another on this host; give all hosts the same",
                       communicator.rank(), host_name());
  });
}

int end_for(const std::exception& error, Communicator& communicator) {
  const auto* known = dynamic_cast<const Error*>(&error);
  const int status = static_cast<int>(known ? known->fault() : Fault::work);
  if (communicator.size() == 1 || (known && known->on_all_ranks())) {
    if (communicator.rank() == 0) notify("xibench: {}\n", error.what());
    return status;
  }
  notify("xibench: rank {} on {}: {}; ends all ranks\n", communicator.rank(), host_name(), error.what());
  communicator.abort(status);
  return status;
}

}  // namespace xib
