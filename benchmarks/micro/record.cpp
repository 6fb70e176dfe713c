#include "benchmarks/micro/machine.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/row_log.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace xib::micro {
namespace {

// Seconds that the disk takes for a file of so many bytes, written and fsynced: the best of five.
double plain_write(const std::string& folder, std::size_t bytes) {
  const std::vector<char> data(bytes, 'x');
  double best = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 5; ++k) {
    const auto begin = std::chrono::steady_clock::now();
    const int file = open((folder + "/plain").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    const bool done = file >= 0 && write(file, data.data(), bytes) == static_cast<ssize_t>(bytes) && fsync(file) == 0 && close(file) == 0;
    if (!done) return std::numeric_limits<double>::quiet_NaN();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

void report_file(benchmark::State& state, const Scratch& scratch, std::int64_t wrong, std::size_t bytes, double rows) {
  using benchmark::Counter;
  state.counters["wrong"] = static_cast<double>(wrong);
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["of_plain_write"] = Counter(plain_write(scratch.path, bytes), Counter::kIsIterationInvariantRate);
  state.counters["per_step"] = Counter(rows, Counter::kIsIterationInvariantRate | Counter::kInvert);
}

// A result of so many nodes and steps, written, fsynced, read back and renamed. Wrong: another science digest where it is read.
void run_file(benchmark::State& state) {
  const Scratch scratch;
  const RunRecord record = sample_record(static_cast<std::int32_t>(state.range(0)), state.range(1));
  const std::string path = scratch.path + "/run.h5";
  write_run_file(path, record);
  const std::int64_t wrong = science_digest(read_run_file(path)) != science_digest(record);
  for (auto _ : state) write_run_file(path, record);
  report_file(state, scratch, wrong, std::filesystem::file_size(path), static_cast<double>(state.range(1)));
}
BENCHMARK(run_file)->ArgNames({"nodes", "steps"})->Args({32, 1000})->Args({32, 10000})->Args({512, 1000})->UseRealTime()->Unit(benchmark::kMillisecond);

// A checkpoint of the models of so many nodes, when ten steps are new and so many rows were recorded before. Wrong: a log that is read back with another number
// of steps.
void checkpoint(benchmark::State& state) {
  const Scratch scratch;
  const auto nodes = static_cast<std::int32_t>(state.range(0));
  const std::string path = scratch.path + "/run.checkpoint";
  constexpr std::int64_t kNew = 10, kBlock = 1000;
  const RunRecord some = sample_record(nodes, kBlock), fresh = sample_record(nodes, kNew);
  RunRecord tail = sample_record(nodes, 1);
  RowLog log(path);
  for (std::int64_t step = 0; step < state.range(2); step += kBlock) log.append(some);
  Sections sections;
  sections["model"].resize(static_cast<std::size_t>(state.range(0) * state.range(1)) * sizeof(float), std::byte{7});
  const auto save = [&] {
    log.append(fresh);
    sections["rows"] = encode_parts(log.make_durable());
    sections["record"] = encode_record(tail, tail.evaluations.size());
    write_checkpoint(path, sections);
  };
  save();
  for (auto _ : state) save();
  std::vector<EvaluationRow> evaluations;
  const std::int64_t steps = RowLog(path, decode_parts(read_checkpoint(path).sections.at("rows")), evaluations).totals().steps;
  report_file(state, scratch, steps != log.totals().steps, std::filesystem::file_size(path), static_cast<double>(kNew));
}
BENCHMARK(checkpoint)
    ->ArgNames({"nodes", "dim", "rows"})
    ->Args({16, 272474, 1000})
    ->Args({512, 1000, 1000})
    ->Args({512, 1000, 10000})
    ->Args({512, 1000, 100000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xib::micro
