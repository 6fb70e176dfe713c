#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "harness/cli/commands.hpp"
#include "harness/core/check.hpp"
#include "harness/gap/gap_table.hpp"
#include "harness/gap/published_lookup.hpp"
#include "harness/record/run_file.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;

struct GapOptions {
  std::vector<std::string> places, sets;
  std::string format = "md", sweep;
};

// One run file, as far as the comparison needs it.
struct LoadedRun {
  FinishedRun run;  // without variant and axes
  std::string name, variants, source;
};

// The run files below the given directories and files, in order of path, each once.
std::vector<std::string> run_files(const std::vector<std::string>& places) {
  std::set<std::string> found;
  for (const auto& place : places) {
    std::error_code error;
    const auto status = fs::status(place, error);
    require(fs::exists(status), "{}: there is no such file or directory", place);
    if (!fs::is_directory(status)) {
      found.insert(fs::path(place).lexically_normal().string());
      continue;
    }
    for (auto at = fs::recursive_directory_iterator(place, error); !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (at->is_regular_file() && at->path().extension() == ".h5") found.insert(at->path().lexically_normal().string());
    require(!error, "{}: cannot be searched ({})", place, error.message());
  }
  return {found.begin(), found.end()};
}

// Whether a file is named as the result of a run is, but of another run. Copies may have any other name.
bool named_for_another(const std::string& path, const std::string& id) {
  const std::string stem = fs::path(path).stem().string();
  return stem.size() == id.size() && stem.find_first_not_of("0123456789abcdef") == std::string::npos && stem != id;
}

// Reads all of the file, so that damage anywhere keeps it out.
LoadedRun load(const std::string& path) {
  read_run_file(path);
  const RunHeader header = read_run_header(path);
  if (named_for_another(path, header.run_id)) fail("{} holds another run ({}) than its name says: move it away", path, header.run_id);
  const Summary& summary = header.summary;
  LoadedRun loaded{{}, header.name, header.variant, header.config_source};
  FinishedRun& run = loaded.run;
  run.path = path, run.id = header.run_id, run.seed = header.seed, run.config_json = header.config_json;
  run.accuracy = summary.final_test_accuracy;
  run.accuracy_nodes_mean = summary.final_test_accuracy_nodes_mean, run.accuracy_nodes_min = summary.final_test_accuracy_nodes_min;
  run.rounds = summary.total_rounds, run.bytes_sent = summary.total_bytes_sent, run.wall_s = summary.wall_s;
  run.gauge_bytes_sent = summary.total_gauge_bytes_sent, run.decision_bytes_sent = summary.total_decision_bytes_sent;
  run.target_missed_steps = summary.target_missed_steps;
  run.diverged = header.outcome == "diverged";
  for (const auto& phase : header.phases) run.distance_max.push_back(phase.consensus_distance_max);
  return loaded;
}

// Two files of one run are one run if they say the same. If not, nobody knows which of them the table should show.
void check_same_science(const std::string& path, const std::string& other) {
  require(science_digest(read_run_file(path)) == science_digest(read_run_file(other)),
          "{} and {} have the same run id and different science: the data set, a library or the kind of CPU was another (xibench show prints the provenance of "
          "each): keep the file that belongs to the other runs",
          other, path);
}

std::vector<LoadedRun> load_all(const std::vector<std::string>& paths, bool& all_read) {
  std::map<std::string, std::string> path_of_id;
  std::vector<LoadedRun> loaded;
  for (const auto& path : paths) {
    LoadedRun run;
    try {
      run = load(path);
    } catch (const Error& error) {
      fmt::print(stderr, "gap: not used: {}\n", error.what());
      all_read = false;
      continue;
    }
    const auto [first, added] = path_of_id.emplace(run.run.id, path);
    if (added) {
      loaded.push_back(std::move(run));
      continue;
    }
    check_same_science(path, first->second);
    fmt::print(stderr, "gap: {} is the same run as {}: counted once\n", path, first->second);
  }
  return loaded;
}

// Without --sweep the files must speak of one sweep: the same name, margin, baseline and variants.
SweepFacts common_facts(const std::vector<LoadedRun>& loaded) {
  const SweepFacts first = read_sweep_facts(loaded.front().source, loaded.front().run.path);
  SweepFacts facts = first;
  for (const auto& other : loaded) {
    const SweepFacts theirs = read_sweep_facts(other.source, other.run.path);
    const auto differ = [&](const char* what, const auto& ours, const auto& its) {
      require(ours == its, "{} and {} belong to different sweeps ({}: {} and {}): give the folder of one, or name its file with --sweep",
              loaded.front().run.path, other.run.path, what, ours, its);
    };
    differ("name", loaded.front().name, other.name);
    differ("delta", first.delta, theirs.delta);
    differ("baseline", first.baseline, theirs.baseline);
    differ("variants", first.variants, theirs.variants);
    differ("axes", first.axes, theirs.axes);
    for (const auto seed : theirs.seeds)
      if (std::count(facts.seeds.begin(), facts.seeds.end(), seed) == 0) facts.seeds.push_back(seed);
  }
  facts.name = loaded.front().name;
  return facts;
}

std::vector<FinishedRun> under_every_name(const std::vector<LoadedRun>& loaded, const SweepFacts& facts) {
  constexpr std::string_view separator = " | ";
  std::vector<FinishedRun> runs;
  for (const auto& [run, name, variants, source] : loaded)
    for (std::size_t at = 0; at <= variants.size();) {
      const std::size_t end = std::min(variants.find(separator, at), variants.size());
      FinishedRun named = run;
      named.variant = variants.substr(at, end - at);
      named.axes = axes_of(run.config_json, facts, named.variant);
      runs.push_back(std::move(named));
      at = end + separator.size();
    }
  return runs;
}

std::vector<ExpectedRun> expected_of(const Plan& plan, const SweepFacts& facts) {
  std::vector<ExpectedRun> expected;
  for (const auto& run : plan.runs)
    for (const auto& variant : run.variants) expected.push_back({axes_of(run.canonical_json, facts, variant), variant, run.config.seed});
  return expected;
}

bool planned(const FinishedRun& run, const std::vector<ExpectedRun>& plan) {
  return std::any_of(plan.begin(), plan.end(), [&](const ExpectedRun& expected) {
    return expected.variant == run.variant && expected.seed == run.seed && expected.axes == run.axes;
  });
}

// Nothing where this program is away from its source tree.
PublishedLookup published_values() {
  return fs::is_directory(published_folder()) ? published_lookup(published_folder()) : PublishedLookup();
}

int gap(const GapOptions& options) {
  const auto paths = run_files(options.places);
  bool all_read = true;
  auto loaded = load_all(paths, all_read);
  SweepFacts facts;
  std::vector<ExpectedRun> plan;
  if (!options.sweep.empty()) {
    const Plan made = make_plan(options.sweep, options.sets);
    facts = read_sweep_facts(made.sweep.source, options.sweep);
    facts.name = made.sweep.name;
    plan = expected_of(made, facts);
    std::erase_if(loaded, [&](const LoadedRun& run) { return run.name != facts.name; });
  }
  require(!loaded.empty(), "no complete run file{} in {}: run the sweep first, see xibench status",
          facts.name.empty() ? "" : fmt::format(" of sweep '{}'", facts.name), fmt::join(options.places, ", "));
  if (options.sweep.empty()) facts = common_facts(loaded);
  auto runs = under_every_name(loaded, facts);
  if (!plan.empty()) {
    std::erase_if(runs, [&](const FinishedRun& run) {
      const bool other = !planned(run, plan);
      if (other) fmt::print(stderr, "gap: {} is not in the plan of {}: left out\n", run.path, options.sweep);
      return other;
    });
    require(!runs.empty(), "none of the run files is in the plan of {}: give the directory that it was run into", options.sweep);
  }
  check_one_sweep(runs, facts);
  const GapTable table = gap_table(runs, facts, plan, published_values());
  const std::string text = options.format == "json" ? gap_json(table) : options.format == "csv" ? gap_csv(table) : gap_markdown(table);
  fmt::print("{}", text);
  return all_read ? 0 : 1;
}

}  // namespace

Command add_gap(CLI::App& command) {
  auto options = std::make_shared<GapOptions>();
  command.add_option("DIR", options->places, "directories with run files, searched to the bottom, or run files")->required();
  command.add_option("--format", options->format, "md (a table for the terminal), csv or json")
      ->check(CLI::IsMember({"md", "csv", "json"}))
      ->capture_default_str();
  command.add_option(
      "--sweep", options->sweep,
      "sweep file: takes only its runs, and lists every planned run that is missing (default: what the run files say of their sweep)");
  command.add_option("--set", options->sets, "with --sweep: override, as it was given to run")->allow_extra_args(false);
  return [options] {
    require(options->sets.empty() || !options->sweep.empty(), "--set changes a sweep file: name it with --sweep");
    return gap(*options);
  };
}

}  // namespace xib
