#include "harness/record/row_log.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "harness/core/check.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/hdf5_file.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;
using Catch::Matchers::Contains;

namespace {

// Steps `first` to `last` of a record, with its evaluations of these steps.
Rows part_of(const RunRecord& record, std::size_t first, std::size_t last) {
  Rows rows;
  rows.nodes = record.nodes;
  rows.ranks = record.ranks;
  const auto cut = [&](const auto& values, std::size_t width) {
    return std::decay_t<decltype(values)>(values.begin() + static_cast<std::ptrdiff_t>(first * width),
                                          values.begin() + static_cast<std::ptrdiff_t>(last * width));
  };
  rows.steps = cut(record.steps, 1);
  for (const auto& column : kNodeColumns) rows.*column.member = cut(record.*column.member, static_cast<std::size_t>(record.nodes));
  for (const auto& column : kRankColumns) rows.*column.member = cut(record.*column.member, static_cast<std::size_t>(record.ranks));
  for (const EvaluationRow& row : record.evaluations)
    if (row.step > static_cast<std::int64_t>(first) && row.step <= static_cast<std::int64_t>(last)) rows.evaluations.push_back(row);
  return rows;
}

// All rows of a log, as a record.
RunRecord all_of(const RowLog& log) {
  RunRecord all;
  log.each([&](Rows& rows) {
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    all.nodes = rows.nodes;
    all.ranks = rows.ranks;
    append(all.steps, rows.steps);
    append(all.evaluations, rows.evaluations);
    for (const auto& column : kNodeColumns) append(all.*column.member, rows.*column.member);
    for (const auto& column : kRankColumns) append(all.*column.member, rows.*column.member);
  });
  return all;
}

RunRecord rows_only(const RunRecord& record) {
  RunRecord rows;
  static_cast<Rows&>(rows) = record;
  return rows;
}

std::string why_unusable(const std::string& checkpoint, const std::vector<RowPart>& parts, bool damaged) {
  std::vector<EvaluationRow> evaluations;
  try {
    const RowLog log(checkpoint, parts, evaluations);
  } catch (const UnusableCheckpoint& problem) {
    CHECK(problem.is_damaged == damaged);
    return problem.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a log gives back its rows, over several attempts, each in a file of its own") {
  const Scratch folder;
  const RunRecord record = sample_record(3, 40, 2);
  const std::string path = folder / "a.checkpoint";
  RowLog first(path, {.token = "one", .still_ours = {}});
  CHECK(std::filesystem::is_empty(folder.path));  // nothing before the first rows
  first.append(part_of(record, 0, 7));
  first.make_durable();
  first.append(part_of(record, 7, 20));
  const auto parts = first.make_durable();
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].bytes == std::filesystem::file_size(folder / parts[0].file));
  CHECK(decode_parts(encode_parts(parts)) == parts);

  std::vector<EvaluationRow> evaluations;
  RowLog second(path, parts, evaluations, {.token = "two", .still_ours = {}});
  CHECK(evaluations.size() == 1);
  CHECK(second.evaluations() == 1);
  CHECK(second.totals().steps == 20);
  second.append(part_of(record, 20, 40));
  CHECK(second.make_durable().size() == 2);
  CHECK(parts[0].bytes == std::filesystem::file_size(folder / parts[0].file));  // the earlier file is as it was

  check_same(all_of(second), rows_only(record));
  CHECK(summarize(record, second.totals()).total_rounds == summarize(record).total_rounds);
  CHECK(summarize(record, second.totals()).throughput_samples_per_s == summarize(record).throughput_samples_per_s);
}

TEST_CASE("what was appended after a checkpoint is of no run, torn or whole") {
  const Scratch folder;
  const RunRecord record = sample_record(3, 40, 2);
  const std::string path = folder / "a.checkpoint";
  RowLog log(path);
  log.append(part_of(record, 0, 10));
  const auto parts = log.make_durable();
  log.append(part_of(record, 10, 30));
  const std::string file = folder / parts[0].file, whole = read_bytes(file);

  for (std::size_t size = parts[0].bytes; size <= whole.size(); size += 97) {
    write_bytes(file, whole.substr(0, size));
    std::vector<EvaluationRow> evaluations;
    const RowLog again(path, parts, evaluations);
    INFO("cut to " << size << " of " << whole.size());
    CHECK(again.totals().steps == 10);
    check_same(all_of(again), rows_only([&] {
                 RunRecord ten;
                 static_cast<Rows&>(ten) = part_of(record, 0, 10);
                 return ten;
               }()));
  }
}

TEST_CASE("a log that is missing or shorter than the checkpoint says is named, with the remedy, and is not given up") {
  const Scratch folder;
  const RunRecord record = sample_record(3, 40, 2);
  const std::string path = folder / "a.checkpoint";
  RowLog log(path);
  log.append(part_of(record, 0, 40));
  const auto parts = log.make_durable();
  const std::string file = folder / parts[0].file, whole = read_bytes(file);

  for (std::size_t size = 0; size < whole.size(); size += 97) {
    write_bytes(file, whole.substr(0, size));
    CHECK_THAT(why_unusable(path, parts, false),
               Contains(file) && Contains(fmt::format("needs {} bytes", whole.size())) && Contains("put the whole file back"));
    CHECK(std::filesystem::file_size(file) == size);
  }
  std::filesystem::remove(file);
  CHECK_THAT(why_unusable(path, parts, false), Contains(file + ", which does not exist"));
}

TEST_CASE("a log damaged at any byte that counts is found out") {
  const Scratch folder;
  const RunRecord record = sample_record(3, 8, 2);
  const std::string path = folder / "a.checkpoint";
  RowLog log(path);
  log.append(part_of(record, 0, 5));
  log.append(part_of(record, 5, 8));
  const auto parts = log.make_durable();
  const std::string file = folder / parts[0].file, good = read_bytes(file);

  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_bytes(file, bad);
    INFO("byte " << at << " of " << good.size());
    std::vector<EvaluationRow> evaluations;
    CHECK_THROWS_AS(RowLog(path, parts, evaluations), UnusableCheckpoint);
    CHECK_THROWS_AS(log.each([](Rows&) {}), Error);
  }
  auto of_another = parts;
  of_another[0].sum[0] = of_another[0].sum[0] == 'a' ? 'b' : 'a';
  write_bytes(file, good);
  CHECK_THAT(why_unusable(path, of_another, true), Contains("is of another run"));
}

TEST_CASE("a new attempt never writes into a file that is there, and removes those that no checkpoint counts") {
  const Scratch folder;
  const RunRecord record = sample_record(3, 8, 2);
  const std::string path = folder / "a.checkpoint";
  RowLog first(path);
  first.append(part_of(record, 0, 5));
  const auto parts = first.make_durable();
  RowLog lost(path);  // the same names
  lost.append(part_of(record, 0, 5));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 2);

  std::vector<EvaluationRow> evaluations;
  const RowLog again(path, parts, evaluations);
  again.remove_others();
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
  CHECK(all_of(again).steps.size() == 5);
  remove_checkpoint(path);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a run file made from a log has the manifest of the file made from memory, and no more rows than a block are in memory") {
  const Scratch folder;
  RunRecord record = sample_record(5, 10'000, 2);
  write_run_file(folder / "memory.h5", record);

  RowLog log(folder / "a.checkpoint");
  const std::size_t last = record.steps.size() - 1;
  for (std::size_t at = 0; at < last; at += 333) log.append(part_of(record, at, std::min(at + 333, last)));
  RunRecord tail = record;
  static_cast<Rows&>(tail) = part_of(record, last, last + 1);
  tail.evaluations = record.evaluations;
  for (auto& topology : tail.topologies) {  // nor are matrices
    topology.row_of = [w = topology.matrices, n = static_cast<std::size_t>(record.nodes)](std::int64_t, std::int64_t node, std::span<double> row) {
      std::copy_n(w.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(node) * n), n, row.begin());
    };
    topology.matrices.clear();
  }
  std::size_t most = 0;
  const EarlierRows earlier{.steps = log.totals().steps, .each = [&](const std::function<void(const Rows&)>& visit) {
                              log.each([&](Rows& rows) {
                                most = std::max(most, rows.steps.size());
                                visit(rows);
                              });
                            }};
  StepTotals totals = log.totals();
  totals.add(tail.steps);
  write_run_file(folder / "log.h5", tail, earlier, totals);

  CHECK(most == 333);
  CHECK((Hdf5Reader(folder / "log.h5").text("/manifest") == Hdf5Reader(folder / "memory.h5").text("/manifest")));
  check_same(read_run_file(folder / "log.h5"), read_run_file(folder / "memory.h5"));
  CHECK(science_digest_of_file(folder / "log.h5") == science_digest(record));
}

TEST_CASE("rows of an attempt with fewer ranks are filled up with NaN") {
  const Scratch folder;
  const RunRecord few = sample_record(3, 12, 1), many = sample_record(3, 12, 2);
  RowLog log(folder / "a.checkpoint");
  log.append(part_of(few, 0, 6));
  log.append(part_of(many, 6, 11));
  RunRecord tail = many;
  static_cast<Rows&>(tail) = part_of(many, 11, 12);
  tail.evaluations = many.evaluations;
  StepTotals totals = log.totals();
  totals.add(tail.steps);
  write_run_file(folder / "a.h5", tail, {log.totals().steps, [&](const auto& visit) { log.each(visit); }}, totals);

  const RunRecord read = read_run_file(folder / "a.h5");
  REQUIRE(read.rank_mix_s.size() == 24);
  for (std::size_t t = 0; t < 12; ++t) {
    CHECK(read.rank_mix_s[2 * t] == 0.25f);
    CHECK(same(read.rank_mix_s[2 * t + 1], t < 6 ? std::numeric_limits<float>::quiet_NaN() : 0.25f));
  }
}
