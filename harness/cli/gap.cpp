#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/gap_runs.hpp"
#include "harness/core/check.hpp"
#include "harness/core/text.hpp"
#include "harness/gap/published_lookup.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;

struct GapOptions {
  RunPlaces from;
  std::string format = "md";
  Interconnect network;
};

// Nothing where this program is away from its source tree.
PublishedLookup published_values() { return fs::is_directory(published_folder()) ? published_lookup(published_folder()) : PublishedLookup(); }

// Where --keep writes: behind a link, if it is one. Throws before the table is made from all runs, if nothing can be written there.
std::string keep_place(const std::string& file) {
  require(file.ends_with(".json"), Key{"--keep"}, "'{}' does not end with .json; gap finds kept files by this ending: name one such as kept.json", file);
  std::error_code unknown;
  fs::path place = fs::absolute(file);
  for (int links = 0; links < 40 && fs::is_symlink(place, unknown); ++links) place = place.parent_path() / fs::read_symlink(place, unknown);
  const fs::path folder = place.parent_path();
  require(fs::is_directory(folder, unknown), Key{"--keep"}, "{} cannot be written: there is no folder {}; make it, or name another file", file,
          folder.string());
  require(!fs::is_directory(place, unknown), Key{"--keep"}, "{} is a folder: name a file", file);
  require(access(folder.c_str(), W_OK | X_OK) == 0, Key{"--keep"}, "{} cannot be written: {}: {}; ask for the right to write, or name another file", file,
          folder.string(), std::strerror(errno));
  return place.string();
}

int gap(const GapOptions& options) {
  const std::string keep = options.from.keep.empty() ? "" : keep_place(options.from.keep);
  const SweepRuns found = runs_of_sweep(options.from);
  GapTable table = gap_table(found.runs, found.sweep, found.expected, published_values());
  table.seeds_added = found.seeds_added, table.copies = found.copies, table.network = options.network;
  const std::string text = options.format == "json" ? gap_json(table) : options.format == "csv" ? gap_csv(table) : gap_markdown(table);
  fmt::print("{}", text);
  if (!keep.empty()) {
    write_kept_file(keep, found.kept);
    fmt::print(stderr, "gap: {} run{} kept in {}\n", found.kept.size(), found.kept.size() == 1 ? "" : "s", printable(options.from.keep));
  }
  return found.all_used ? 0 : 1;
}

}  // namespace

Command add_gap(CLI::App& command) {
  auto options = std::make_shared<GapOptions>();
  command.add_option("DIR", options->from.places, "run files, kept files (--keep), or directories with them, searched recursively for *.h5 and *kept.json")
      ->required();
  command.add_option("--format", options->format, "output: md (a table for the terminal), csv or json")
      ->check(CLI::IsMember({"md", "csv", "json"}))
      ->capture_default_str();
  command.add_option("--sweep", options->from.sweep,
                     "sweep file: use only the runs of its plan, and list those that are missing (default: the sweep that the run files name)");
  command.add_option("--set", options->from.sets, "with --sweep: override a key, as you gave it to run; repeatable")->allow_extra_args(false);
  command.add_option("--keep", options->from.keep,
                     "also write the data of tables and curves to this file (*.json, some kB per run), which gap and run --kept can read instead of the run "
                     "files; runs that are already in the file stay there");
  command.add_option("--latency", options->network.latency_s, "latency of a message in seconds, for the modelled seconds")->capture_default_str();
  command.add_option("--bandwidth", options->network.bandwidth, "bandwidth of a node in bytes per second, for the modelled seconds")->capture_default_str();
  return [options] {
    const auto& [latency, bandwidth] = options->network;
    require(std::isfinite(latency) && latency >= 0, Key{"--latency"}, "{} is not a number of seconds; give one such as 50e-6", latency);
    require(std::isfinite(bandwidth) && bandwidth > 0, Key{"--bandwidth"}, "{} is not a number of bytes per second; give one such as 1.25e9", bandwidth);
    require(options->from.sets.empty() || !options->from.sweep.empty(), Key{"--set"}, "changes a sweep file: name it with --sweep");
    return gap(*options);
  };
}

}  // namespace xib
