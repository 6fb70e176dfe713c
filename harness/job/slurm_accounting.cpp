#include "harness/job/slurm_accounting.hpp"

#include "harness/core/nan.hpp"
#include "harness/core/text.hpp"
#include "harness/job/slurm_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

namespace xib {
namespace {

constexpr std::size_t kAtOnce = 500;  // jobs in one command line

double number(const std::string& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() ? value : kNaN;
}

double positive(double value) { return value > 0 ? value : kNaN; }

}  // namespace

std::vector<JobCost> parse_accounting(const std::string& lines) {
  std::vector<JobCost> jobs;
  bool own = false;  // the job's own line told its energy
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '|');) fields.push_back(field);
    if (fields.size() == 3) fields.emplace_back();                                                                         // nothing behind the last bar
    if (fields.size() != 4 || fields[0].empty() || std::isdigit(static_cast<unsigned char>(fields[0][0])) == 0) continue;  // a greeting, a warning
    const double energy = positive(number(fields[3]));
    if (fields[0].find('.') == std::string::npos) {
      jobs.push_back({fields[0], fields[1].substr(0, fields[1].find(' ')), number(fields[2]), energy});  // "CANCELLED by 1000"
      own = std::isfinite(energy);
    } else if (!jobs.empty() && !own) {
      jobs.back().energy_joules = std::fmax(jobs.back().energy_joules, energy);  // NaN gives way
    }
  }
  return jobs;
}

Accounting ask_accounting(const std::set<std::string>& jobs) {
  Accounting found;
  std::vector<std::string> names;
  for (const auto& job : jobs)  // they come from files
    if (!job.empty() && std::all_of(job.begin(), job.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '_'; })) names.push_back(job);
  for (std::size_t from = 0; from < names.size(); from += kAtOnce) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(from + kAtOnce, names.size()));
    const SlurmAnswer answer = ask_slurm(fmt::format("sacct --duplicates --noheader --parsable2 --format=JobID,State,CPUTimeRAW,ConsumedEnergyRaw --jobs={}",
                                                     fmt::join(names.begin() + static_cast<std::ptrdiff_t>(from), end, ",")),
                                         60);
    if (!answer.succeeded) {
      found.problem = printable(answer.text.substr(0, answer.text.find('\n')));
      if (found.problem.empty()) found.problem = "sacct gives no answer";
      return found;
    }
    for (auto& job : parse_accounting(answer.text)) found.jobs.push_back(std::move(job));
  }
  if (found.jobs.empty()) found.problem = names.empty() ? "no run recorded a job" : "sacct knows none of the jobs";
  return found;
}

}  // namespace xib
