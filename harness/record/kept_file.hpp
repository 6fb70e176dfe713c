#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/nan.hpp"
#include "harness/record/run_file.hpp"

namespace xib {

inline constexpr std::string_view kKeptSchema = "xibench-kept";
inline constexpr int kKeptVersion = 1;

// What is kept of a run where its file is too large to be: all that tables, contrasts and curves over training need, in 2 to 4 kB.
struct KeptRun {
  std::string file;  // the kept file or run file that it was read from; "": none
  RunHeader header;
  std::string science_digest;
  std::vector<Metric> metrics;
  double messages = kNaN, serial_messages = kNaN, serial_bytes = kNaN;  // to mix, as in graph/traffic.hpp; NaN: not known
  double decision_messages = kNaN, decision_bytes = kNaN;               // serial, for policies to decide; NaN: not kept, as by earlier builds
  std::vector<std::pair<std::string, std::string>> cell;                // of the sweep, for who reads the file; readers make it again from the plan
  // Columns of /evaluations that were measured, and consensus_distance: Ξ after the last step before the evaluation.
  std::vector<std::pair<std::string, std::vector<double>>> evaluations;
  std::vector<std::pair<std::string, std::string>> provenance;  // the facts of kKeptFacts
};

inline constexpr std::string_view kKeptFacts[] = {"version", "git_commit", "git_dirty", "compiler", "libtorch", "host", "cpu",
                                                  "device",  "gpu",        "ranks",     "threads",  "end",      "look"};

KeptRun keep_run(const RunRecord& record, const RunHeader& header, std::string digest);  // without traffic and cell; digest: of its science

// By run id.
using KeptRuns = std::map<std::string, KeptRun>;

// The runs of these files, each once. Throws Error(input) that names file, key and remedy for what is no kept file, was shortened or changed, and for two
// entries of one run with different science. sweep: the name of the only one whose runs count ("": all); files with runs of others go to `others`, with the
// name of the other one.
KeptRuns read_kept_files(const std::vector<std::string>& paths);
KeptRuns read_kept_files(const std::vector<std::string>& paths, const std::string& sweep, std::map<std::string, std::string>& others);

// Replaces `path`, whole or not at all. Equal runs give equal bytes: sorted by sweep, variant, cell and seed, a line each.
void write_kept_file(const std::string& path, const KeptRuns& runs);

// Throws Error(input) where two results of one run are of different science. `where` names the second.
void check_same_science(const KeptRun& kept, const KeptRun& other, const std::string& where);

}  // namespace xib
