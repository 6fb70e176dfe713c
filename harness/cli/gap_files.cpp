#include "harness/cli/gap_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <new>
#include <set>

#include "harness/cli/beside.hpp"
#include "harness/cli/run_traffic.hpp"
#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/record/hdf5_crash.hpp"
#include "harness/record/kept_json.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void leave_out(LoadedRuns& loaded, const std::string& why) {
  fmt::print(stderr, "gap: not used: {}\n", printable(why));
  loaded.all_used = false;
}

struct Files {
  std::set<std::string> runs, kept;  // each once, in order
};

// Whether a search below `root` goes into this directory: once, however many links lead there, and never by a link to what lies below root anyway.
bool enters(const fs::directory_entry& entry, const fs::path& root, std::set<fs::path>& entered) {
  std::error_code error;
  if (!entry.is_directory(error)) return true;
  const fs::path target = fs::canonical(entry.path(), error);
  if (error) return true;  // the search says why
  const fs::path within = target.lexically_relative(root);
  const bool is_below = !within.empty() && *within.begin() != "..";
  return !(is_below && entry.is_symlink(error)) && entered.insert(target).second;
}

// kept_too: also kept files that the search finds, and not only those that are named.
Files files_of(const std::vector<std::string>& places, bool kept_too, LoadedRuns& loaded) {
  Files found;
  for (const auto& place : places) {
    std::error_code error;
    const auto status = fs::status(place, error);
    require(fs::exists(status), "{}: there is no such file or directory", place);
    if (!fs::is_directory(status)) {
      (place.ends_with(".json") ? found.kept : found.runs).insert(fs::path(place).lexically_normal().string());
      continue;
    }
    const fs::path root = fs::canonical(place, error);
    std::set<fs::path> entered{root};
    constexpr auto kFollow = fs::directory_options::follow_directory_symlink;
    for (auto at = fs::recursive_directory_iterator(place, kFollow, error); !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      if (!enters(*at, root, entered)) at.disable_recursion_pending();
      const std::string path = at->path().lexically_normal().string();
      const bool is_kept = path.ends_with("kept.json");
      if (at->path().extension() != ".h5" && !is_kept) continue;
      const Place there = look_at(path);
      if (there.kind != Place::Kind::file)
        leave_out(loaded, fmt::format("{}: {}; {}", path, there.reason(), there.remedy("leave it out")));
      else if (!is_kept)
        found.runs.insert(path);
      else if (kept_too)
        found.kept.insert(path);
    }
    require(!error, "{}: cannot be searched ({})", place, error.message());
  }
  return found;
}

// Whether a file is named as the result of a run is, but of another run. Copies may have any other name.
bool named_for_another(const std::string& path, const std::string& id) {
  const std::string stem = fs::path(path).stem().string();
  return stem.size() == id.size() && stem.find_first_not_of("0123456789abcdef") == std::string::npos && stem != id;
}

// Of a run file or of an entry of a kept one.
LoadedRun loaded_run(const std::string& path, const RunHeader& header, const StepTraffic& traffic) {
  const Summary& summary = header.summary;
  LoadedRun loaded{{}, header.name, header.variant, header.config_source, {}};
  FinishedRun& run = loaded.run;
  run.path = path, run.id = header.run_id, run.seed = header.seed, run.config_json = header.config_json;
  const Score& first = summary.scores.front();
  run.metric = first.metric, run.score = first.final;
  run.score_nodes_mean = first.nodes_mean, run.score_nodes_worst = first.nodes_worst;
  run.rounds = summary.total_rounds, run.bytes_sent = summary.total_bytes_sent, run.wall_s = summary.wall_s;
  (run.traffic = traffic.mixing) += traffic.decision;
  run.gauge_bytes_sent = summary.total_gauge_bytes_sent, run.decision_bytes_sent = summary.total_decision_bytes_sent;
  run.target_missed_steps = summary.target_missed_steps;
  run.diverged = header.outcome == Standing::diverged;
  for (const auto& phase : header.phases) run.distance_max.push_back(phase.consensus_distance_max);
  return loaded;
}

LoadedRun load(KeptRun kept) {
  StepTraffic traffic{{kept.messages, kept.serial_messages, kept.serial_bytes}, {0, kept.decision_messages, kept.decision_bytes}};
  if (std::isnan(kept.decision_messages)) traffic.decision = decisions_of(kept.header);
  LoadedRun loaded = loaded_run(kept.file, kept.header, traffic);
  loaded.run.look = fact(kept.provenance, "look");
  loaded.kept = std::move(kept);
  return loaded;
}

constexpr std::string_view kLook[] = {"look"};

// A line of JSON: what tables need of the run, or why it cannot be used. Damage keeps a file out: anywhere in it, or in what a table shows, which is all that
// is read if it is not to be whole.
std::string line_of(const std::string& path, bool whole) {
  Json line;
  try {
    const auto [record, header, science_digest] = whole ? read_whole_run(path) : read_part_of_run(path, kTrafficColumns, kLook);
    if (named_for_another(path, header.run_id)) fail("{} holds another run ({}) than its name says: move it away", path, header.run_id);
    const StepTraffic traffic = traffic_of(record);
    KeptRun kept = keep_run(record, header, science_digest);
    kept.messages = traffic.mixing.messages;
    kept.serial_messages = traffic.mixing.serial_messages, kept.serial_bytes = traffic.mixing.serial_bytes;
    kept.decision_messages = traffic.decision.serial_messages, kept.decision_bytes = traffic.decision.serial_bytes;
    line = {{"run", json_of(kept)}, {"source", valid_utf8(header.config_source)}};
  } catch (const Error& error) {
    line = {{"problem", valid_utf8(error.what())}};
  } catch (const std::bad_alloc&) {
    line = {
        {"problem", valid_utf8(fmt::format("{} takes more memory than there is: take the original if it was changed, or read it on a larger machine", path))}};
  }
  return line.dump();
}

std::string crash_line(const std::string& path) { return Json{{"problem", valid_utf8(crash_of(path))}}.dump(); }

// What a line says of its file. Throws what keeps it out.
Json said(const std::string& line) {
  Json found = Json::parse(line);
  if (found.contains("problem")) throw Error(Fault::input, found["problem"].get<std::string>());
  return found;
}

LoadedRun load(const std::string& path, const std::string& text, bool to_keep) {
  const Json line = said(text);
  KeptRun kept = kept_run_of(line["run"]);
  kept.file = path, kept.header.config_source = line["source"];
  LoadedRun loaded = load(std::move(kept));
  if (!to_keep) loaded.kept.reset();
  return loaded;
}

// None: it cannot be used, and was left out.
std::optional<std::string> usable_digest(const std::string& path, LoadedRuns& loaded) {
  const auto line = [&](std::size_t) {
    try {
      return Json{{"digest", science_digest_of_file(path)}}.dump();
    } catch (const Error& error) {
      return Json{{"problem", valid_utf8(error.what())}}.dump();
    }
  };
  std::optional<std::string> digest;
  try {
    lines_from_beside(
        1, line, [&](std::size_t) { return crash_line(path); }, [&](std::size_t, const std::string& text) { digest = said(text)["digest"]; });
  } catch (const Error& error) {
    leave_out(loaded, error.what());
  }
  return digest;
}

// The second file of a run that is loaded. Two files are one run if they say the same. If not, nobody knows which of them the table should show.
void load_again(const std::string& path, LoadedRun run, std::string& first, LoadedRuns& loaded) {
  const auto digest = usable_digest(path, loaded);
  if (!digest) return;
  const auto before = usable_digest(first, loaded);
  if (!before) {
    const auto same = std::find_if(loaded.runs.begin(), loaded.runs.end(), [&](const LoadedRun& other) { return other.run.id == run.run.id; });
    *same = std::move(run), first = path;
    return;
  }
  require(digest == before,
          "{} and {} have the same run id and different science: the data set, a library or the kind of CPU differs (xibench show prints the provenance of "
          "each): keep the file that belongs to the other runs",
          first, path);
  fmt::print(stderr, "gap: {} is the same run as {}: counted once\n", printable(path), printable(first));
  ++loaded.copies;
}

}  // namespace

LoadedRuns load_runs(const std::vector<std::string>& places, Kept what, const std::string& sweep) {
  LoadedRuns loaded;
  const Files files = files_of(places, what == Kept::read || what == Kept::make, loaded);
  if (what == Kept::ignore)
    for (const auto& place : places) require(!place.ends_with(".json"), "{}: a kept file has no steps, which this table needs: give the run files", place);
  KeptRuns kept = read_kept_files({files.kept.begin(), files.kept.end()}, sweep, loaded.others);
  std::set<std::string> in_both;
  std::map<std::string, std::string> path_of_id;
  const std::vector<std::string> paths(files.runs.begin(), files.runs.end());
  const bool to_keep = what == Kept::make || !kept.empty(), whole = to_keep || what != Kept::read;
  lines_from_beside(
      paths.size(), [&](std::size_t k) { return line_of(paths[k], whole); }, [&](std::size_t k) { return crash_line(paths[k]); },
      [&](std::size_t k, const std::string& line) {
        const std::string& path = paths[k];
        LoadedRun run;
        try {
          run = load(path, line, to_keep);
        } catch (const Error& error) {
          leave_out(loaded, error.what());
          return;
        }
        if (!sweep.empty() && run.name != sweep) {
          loaded.others.emplace(path, run.name);
          return;
        }
        if (const auto same = kept.find(run.run.id); same != kept.end()) {
          check_same_science(same->second, *run.kept, path);
          in_both.insert(run.run.id);
          return;
        }
        const auto [first, added] = path_of_id.emplace(run.run.id, path);
        if (added)
          loaded.runs.push_back(std::move(run));
        else
          load_again(path, std::move(run), first->second, loaded);
      });
  if (!in_both.empty())
    fmt::print(stderr, "gap: {} run{} there as run file{} and as kept: the same science, counted once, as kept\n", in_both.size(),
               in_both.size() == 1 ? " is" : "s are", in_both.size() == 1 ? "" : "s");
  for (auto& [id, run] : kept) loaded.runs.push_back(load(std::move(run)));
  std::sort(loaded.runs.begin(), loaded.runs.end(), [](const auto& a, const auto& b) { return a.run.id < b.run.id; });  // wherever they came from
  return loaded;
}

}  // namespace xib
