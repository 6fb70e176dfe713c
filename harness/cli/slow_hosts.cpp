#include "harness/cli/slow_hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "harness/cli/preflight_places.hpp"

namespace xib {
namespace {

constexpr std::size_t kSteps = 5;  // of an attempt, at least: fewer say more of its beginning than of its host

// "rank 3: host n7, pid ..." -> n7, by rank.
std::vector<std::string> hosts_of_ranks(const RunRecord& record) {
  std::vector<std::string> hosts;
  std::istringstream lines(fact(record, "rank_facts"));
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("host ");
    if (at != std::string::npos) hosts.push_back(line.substr(at + 5, line.find(',', at) - at - 5));
  }
  return hosts;
}

}  // namespace

std::vector<HostSample> host_samples(const RunRecord& record, const std::string& group) {
  std::vector<HostSample> samples;
  const auto add = [&](const std::string& host, const std::string& kind, const std::vector<double>& seconds) {
    if (seconds.size() >= kSteps) samples.push_back({host, fmt::format("{}, {}", group, kind), record.run_id, median_of(seconds)});
  };
  const std::vector<std::string> hosts = hosts_of_ranks(record);
  for (std::size_t a = 0; a < record.attempts.size(); ++a) {
    const Attempt& attempt = record.attempts[a];
    const std::string kind = fmt::format("{} ranks of {} threads", attempt.ranks, attempt.threads);
    std::map<std::string, std::vector<double>> seconds;
    for (std::size_t t = 0; t < record.steps.size(); ++t) {
      const StepRow& row = record.steps[t];
      if (static_cast<std::size_t>(row.attempt) != a || !is_plain(row)) continue;
      if (attempt.ranks == 1) seconds[attempt.hosts].push_back(row.wall_s - row.record_s);
      if (attempt.ranks == 1 || a + 1 < record.attempts.size() || std::ssize(hosts) != attempt.ranks) continue;
      const auto width = static_cast<std::size_t>(record.ranks);
      for (std::size_t r = 0; r < hosts.size() && (t + 1) * width <= record.rank_compute_s.size(); ++r)
        if (const double took = record.rank_compute_s[t * width + r]; std::isfinite(took)) seconds[hosts[r]].push_back(took);
    }
    for (const auto& [host, values] : seconds) add(host, kind, values);
  }
  return samples;
}

std::vector<HostSpeed> slow_hosts(const std::vector<HostSample>& samples) {
  struct Group {
    std::vector<double> seconds;
    std::set<std::string> hosts;
  };
  std::map<std::string, Group> groups;
  for (const auto& s : samples) {
    groups[s.group].seconds.push_back(s.seconds);
    groups[s.group].hosts.insert(s.host);
  }
  struct Host {
    std::vector<double> relative, seconds;
    std::set<std::string> runs;
  };
  std::map<std::string, Host> hosts;
  for (const auto& s : samples) {
    const Group& group = groups[s.group];
    const double median = median_of(group.seconds);
    if (group.hosts.size() < 2 || !(median > 0)) continue;
    hosts[s.host].relative.push_back(s.seconds / median);
    hosts[s.host].seconds.push_back(s.seconds);
    hosts[s.host].runs.insert(s.run);
  }
  std::vector<HostSpeed> speeds;
  for (const auto& [name, host] : hosts) speeds.push_back({name, median_of(host.relative), median_of(host.seconds), std::ssize(host.runs)});
  std::stable_sort(speeds.begin(), speeds.end(), [](const auto& a, const auto& b) { return a.relative > b.relative; });
  return speeds;
}

}  // namespace xib
