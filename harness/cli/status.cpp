#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/cli/beside.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/selection.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/run_state.hpp"
#include "harness/job/slurm_queue.hpp"
#include "harness/record/hdf5_crash.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/select.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStillLooks = 15;  // without any change, after which a watch ends

struct Options {
  std::string spec, out = "results";
  std::vector<std::string> sets;
  Selection selection;
  bool json = false, watch = false, no_queue = false;
  double every = 2;  // seconds between two looks
};

struct Line {
  const PlannedRun* run;
  RunFiles files;
  std::optional<Heartbeat> beat;
  RunState state;
  std::optional<QueuedTask> queued = {};  // a task of Slurm that waits to do it
};

// A file that was cut, was damaged or holds another run is no result.
RunState state_of_result(const std::string& path, const std::string& id) {
  const RunHeader header = read_run_header(path);
  if (header.run_id != id) fail("{} holds another run ({}) than its name says: move it away", path, header.run_id);
  return {header.outcome, header.outcome == Standing::diverged ? std::string(name_of(header.outcome)) : ""};
}

void look_at_unfinished(Line& line) {
  line.beat = read_heartbeat(line.files.heartbeat);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  line.state = state_of(look_at(line.files.result).kind == Place::Kind::file, line.beat, host_name(), now);
  if (line.state.silent && !Lease::held_by(line.files.lease))
    line.state = {Standing::killed, fmt::format("its process on {} is gone; its last report is of {}", line.beat->host, line.beat->updated)};
}

// Results are read by processes beside this one, because a damaged file may crash HDF5.
void look_at_results(const std::vector<Line*>& lines) {
  const auto text = [](const RunState& state) { return Json{{"standing", static_cast<int>(state.standing)}, {"detail", valid_utf8(state.detail)}}.dump(); };
  const auto read = [&](std::size_t k) {
    try {
      return text(state_of_result(lines[k]->files.result, lines[k]->run->id));
    } catch (const Error& error) {
      return text({Standing::failed, error.what()});
    }
  };
  const auto lost = [&](std::size_t k) { return text({Standing::failed, crash_of(lines[k]->files.result)}); };
  lines_from_beside(lines.size(), read, lost, [&](std::size_t k, const std::string& said) {
    const Json found = Json::parse(said);
    lines[k]->state = {static_cast<Standing>(found["standing"].get<int>()), found["detail"]};
  });
}

std::vector<Line> look(const Options& o, const Plan& plan, const std::vector<const PlannedRun*>& runs) {
  std::vector<Line> lines;
  for (const auto* run : runs) lines.push_back({run, run_files(o.out, plan.sweep.name, run->id), std::nullopt, {}});
  std::vector<Line*> with_result;
  for (Line& line : lines) {
    try {
      if (is_there(line.files.result))
        with_result.push_back(&line);
      else
        look_at_unfinished(line);
    } catch (const Error& error) {  // one bad file must not hide the other runs
      line.state = {Standing::failed, error.what()};
    }
  }
  look_at_results(with_result);
  return lines;
}

std::string varies(const PlannedRun& run) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : run.varies) parts.push_back(fmt::format("{} = {}", key, value));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Slurm holds back a job that was requeued, until a time that it tells ("BeginTime").
std::string describe(const QueuedTask& queued) {
  const bool requeued = queued.reason == "BeginTime" && !queued.start.empty();
  const std::string start = queued.start.empty() || requeued ? "" : fmt::format(", expected to start {}", queued.start);
  return fmt::format("{}, Slurm job {} ({}){}", requeued ? "requeued until " + queued.start : "queued", queued.job, queued.reason, start);
}

// Asks Slurm where some run is not complete and not under way.
void add_queue(std::vector<Line>& lines, SlurmQueue& slurm) {
  const auto may_wait = [](const Line& line) { return !has_result(line.state.standing) && (line.state.standing != Standing::running || line.state.silent); };
  if (std::none_of(lines.begin(), lines.end(), may_wait)) return;
  const auto waiting = slurm.waiting();
  for (Line& line : lines)
    if (const auto at = waiting.find(line.run->index); at != waiting.end() && may_wait(line)) line.queued = at->second;
}

void print_table(const std::vector<Line>& lines) {
  std::vector<std::vector<std::string>> rows = {{"index", "id", "variant", "varies", "seed", "state", "step", "ETA", "detail"}};
  for (const Line& line : lines) {
    const PlannedRun& run = *line.run;
    const bool is_running = line.state.standing == Standing::running;
    const std::string where = line.state.detail.empty() || !line.queued ? line.state.detail : line.state.detail + "; ";
    rows.push_back({fmt::format("{}", run.index), run.id, fmt::format("{}", fmt::join(run.variants, " | ")), varies(run), fmt::format("{}", run.config.seed),
                    std::string(status_word(line.state.standing)),
                    line.beat && line.beat->steps > 0 ? fmt::format("{}/{}", line.beat->step, line.beat->steps) : "",
                    is_running && line.beat->eta_s >= 0 ? duration(line.beat->eta_s) : "", where + (line.queued ? describe(*line.queued) : "")});
  }
  fmt::print("{}", text_table(rows));
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json json_of(const Line& line) {
  const PlannedRun& run = *line.run;
  Json keys = Json::object();
  for (const auto& [key, value] : run.varies) keys[key] = value;
  Json out = {{"index", run.index},
              {"stage", run.stage},
              {"id", run.id},
              {"variants", run.variants},
              {"varies", keys},
              {"seed", run.config.seed},
              {"state", status_word(line.state.standing)},
              {"detail", line.state.detail},
              {"file", line.files.result}};
  if (line.beat) {
    const Heartbeat& b = *line.beat;
    out.update({{"step", b.step},
                {"steps", b.steps},
                {"eta_s", number(b.eta_s)},
                {"loss", number(b.loss)},
                {"consensus_distance", number(b.consensus_distance)},
                {"samples_per_s", number(b.samples_per_s)},
                {"host", b.host},
                {"pid", b.pid},
                {"slurm_job", b.slurm_job},
                {"updated", b.updated}});
  }
  if (line.queued) out["queued"] = {{"slurm_job", line.queued->job}, {"start", line.queued->start}, {"reason", line.queued->reason}};
  return out;
}

// Number of runs with each status word.
Json counts_of(const std::vector<Line>& lines) {
  Json counts = Json::object();
  for (const Standing standing : {Standing::finished, Standing::running, Standing::interrupted, Standing::failed, Standing::missing}) {
    const std::string_view word = status_word(standing);
    counts[std::string(word)] = std::count_if(lines.begin(), lines.end(), [&](const Line& line) { return status_word(line.state.standing) == word; });
  }
  return counts;
}

void print_json(const Options& o, const Plan& plan, const std::vector<Line>& lines) {
  Json out = {{"schema", "xibench-status"}, {"schema_version", 1},  {"name", plan.sweep.name}, {"out", o.out},
              {"counts", counts_of(lines)}, {"runs", Json::array()}};
  for (const Line& line : lines) out["runs"].push_back(json_of(line));
  fmt::print("{}\n", json_text(out));
}

void print_summary(const std::vector<Line>& lines) {
  std::string text = fmt::format("{} run{}:", lines.size(), lines.size() == 1 ? "" : "s");
  const Json counts = counts_of(lines);
  for (const auto& [state, count] : counts.items())
    if (count != 0) text += fmt::format(" {} {},", count.get<std::int64_t>(), state);
  if (const auto queued = std::count_if(lines.begin(), lines.end(), [](const Line& line) { return line.queued.has_value(); }))
    text += fmt::format(" {} in Slurm's queue,", queued);
  text.back() = '\n';
  fmt::print(stderr, "{}", text);
}

// Decides how long to watch a sweep. Missing or interrupted runs may be waiting in a queue, so a sweep is watched without limit until something moves. If
// something moved, and then nothing runs for many looks, the driver has stopped, because the pause between two runs of a driver is shorter than a look.
class Watch {
 public:
  bool goes_on(const std::vector<Line>& lines) {
    std::vector<Standing> states;
    for (const Line& line : lines) states.push_back(line.state.standing);
    const bool running = std::count(states.begin(), states.end(), Standing::running) > 0;
    const bool changed = !before_.empty() && states != before_;
    before_ = states;
    const bool waits = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.queued.has_value(); });
    has_moved_ = has_moved_ || running || changed;
    still_ = running || changed || waits ? 0 : still_ + 1;
    if (std::all_of(states.begin(), states.end(), [](Standing state) { return has_result(state) || state == Standing::failed; })) return false;
    if (!has_moved_ || still_ < kStillLooks) return true;
    fmt::print(stderr, "xibench: nothing was running in {} updates: --watch ends\n", kStillLooks);
    return false;
  }

 private:
  std::vector<Standing> before_;
  bool has_moved_ = false;
  int still_ = 0;
};

}  // namespace

Command add_status(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  command.add_option("--out", o->out, "results directory")->capture_default_str();
  command.add_option("--set", o->sets, "override, as given to run; repeatable")->allow_extra_args(false);
  add_selection(command, o->selection);
  command.add_flag("--json", o->json, "print JSON");
  command.add_flag("--watch", o->watch,
                   fmt::format("again and again, until every run is complete or failed, or none runs any more: once a run was seen to run or to change, {} "
                               "looks without either",
                               kStillLooks));
  command.add_flag("--no-queue", o->no_queue, "do not ask Slurm which runs wait in its queue");
  command.add_option("--every", o->every, "seconds between two updates of --watch")->capture_default_str();
  return [o] {
    require(o->every > 0 && o->every <= 86400, Key{"--every"}, "{} is not a number of seconds up to a day", o->every);
    const Plan plan = make_plan(o->spec, o->sets, vocabulary());
    const auto runs = select(plan, o->selection);
    std::error_code problem;
    const bool is_there = std::filesystem::is_directory(o->out + "/" + plan.sweep.name, problem);
    require(!problem || problem == std::errc::no_such_file_or_directory || problem == std::errc::not_a_directory, "{}/{}: {}: choose another --out", o->out,
            plan.sweep.name, problem.message());
    if (!is_there) notify("xibench: there is no directory {}/{}: nothing of this sweep has run with --out {}\n", o->out, plan.sweep.name, o->out);
    SlurmQueue slurm(plan.sweep.name, o->out);
    for (Watch watch;;) {
      std::vector<Line> lines = look(*o, plan, runs);
      if (!o->no_queue) add_queue(lines, slurm);
      if (o->watch && isatty(STDOUT_FILENO)) fmt::print("\033[H\033[2J");
      o->json ? print_json(*o, plan, lines) : print_table(lines);
      std::fflush(stdout);
      if (!o->json) print_summary(lines);
      if (!o->watch || !watch.goes_on(lines)) return 0;
      std::this_thread::sleep_for(std::chrono::duration<double>(o->every));
    }
  };
}

}  // namespace xib
