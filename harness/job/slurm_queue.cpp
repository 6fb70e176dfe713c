#include "harness/job/slurm_queue.hpp"

#include "harness/core/hash.hpp"
#include "harness/job/slurm_command.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <limits>
#include <sstream>
#include <vector>

namespace xib {
namespace {

constexpr std::size_t kFields = 5;  // of squeue's --format below

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '|');) fields.push_back(field);
  return fields;
}

bool parse(const std::string& text, std::int64_t& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// The --comment that submit gives an array: "MARK offset=0 pack=2 runs=0-2,5". Its task t does those of `runs` (without them: all) from offset + t * pack on,
// before the next task's.
struct Array {
  std::int64_t offset = 0, pack = 1;
  std::vector<std::pair<std::int64_t, std::int64_t>> runs;  // ranges, both ends included
};

bool read_comment(const std::string& comment, const std::string& mark, Array& array) {
  std::istringstream words(comment);
  bool ours = false, known = false;
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals), value = equals == std::string::npos ? "" : word.substr(equals + 1);
    ours = ours || word == mark;
    known = known || key == "offset";
    if (key == "offset" && !parse(value, array.offset)) return false;
    if (key == "pack" && (!parse(value, array.pack) || array.pack < 1)) return false;
    if (key != "runs") continue;
    std::istringstream ranges(value);
    for (std::string range; std::getline(ranges, range, ',');) {
      const auto dash = range.find('-');
      std::int64_t first = 0, last = 0;
      if (!parse(range.substr(0, dash), first) || !parse(dash == std::string::npos ? range : range.substr(dash + 1), last)) return false;
      array.runs.emplace_back(first, last);
    }
  }
  if (array.runs.empty()) array.runs.emplace_back(0, std::numeric_limits<std::int64_t>::max());
  return ours && known;
}

}  // namespace

std::map<std::int64_t, QueuedTask> parse_queue(const std::string& lines, const std::string& mark) {
  std::map<std::int64_t, QueuedTask> waiting;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const auto fields = fields_of(line);
    Array array;
    std::int64_t task = 0;
    if (fields.size() != kFields || !parse(fields[1], task) || task < 0 || !read_comment(fields[4], mark, array)) continue;
    const QueuedTask queued{fields[0] + "_" + fields[1], fields[2] == "N/A" ? "" : fields[2], fields[3]};
    for (const auto& [first, last] : array.runs)
      for (std::int64_t k = 0; k < array.pack; ++k)
        if (const std::int64_t index = array.offset + task * array.pack + k; index >= first && index <= last) waiting[index] = queued;
  }
  return waiting;
}

SlurmQueue::SlurmQueue(const std::string& sweep, const std::string& out) {
  std::error_code unknown;
  const std::string place = std::filesystem::weakly_canonical(out, unknown).string();
  mark_ = "xibench-out-" + sha256((place.empty() ? out : place) + "\n").substr(0, 12);
  command_ = fmt::format("squeue --noheader --array --states=PENDING --name={} --format='%F|%K|%S|%r|%k'", quoted("xb-" + sweep));
}

std::map<std::int64_t, QueuedTask> SlurmQueue::waiting() {
  if (std::chrono::steady_clock::now() < silent_until_) return {};
  const SlurmAnswer answer = ask_slurm(command_, 10);
  if (!answer.succeeded) silent_until_ = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  return parse_queue(answer.text, mark_);
}

}  // namespace xib
