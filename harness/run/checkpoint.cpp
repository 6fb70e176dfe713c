#include "harness/run/checkpoint.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/record/byte_stream.hpp"
#include "harness/record/checkpoint_file.hpp"

#include <cstring>
#include <iterator>
#include <map>

namespace xib {
namespace {

// The node that holds a row of all ranks' rows together.
int holder(const KeptState::Rows& rows, int row) { return rows.holders.empty() ? row : rows.holders[static_cast<std::size_t>(row)]; }
int row_count(const KeptState::Rows& rows, const NodeLayout& layout) { return rows.holders.empty() ? layout.nodes : static_cast<int>(rows.holders.size()); }

template <class T>
std::vector<std::byte> to_bytes(std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::vector<T> from_bytes(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

const std::vector<std::byte>& section(const Sections& sections, const std::string& name, std::size_t size) {
  const auto it = sections.find(name);
  if (it == sections.end() || it->second.size() != size)
    fail("the checkpoint's section '{}' does not fit this run (it was written by another build): remove it or use --no-resume", name);
  return it->second;
}

// Names and SHA-256 of the data files: the rest of the run depends on them, but a checkpoint does not hold them.
std::vector<std::byte> encode_data(const Task& task) {
  ByteWriter out;
  for (const auto& [name, sum] : task.data_checksums()) {
    out.text(name);
    out.text(sum);
  }
  return out.bytes();
}

// Refuses changed data: the rest of the run would be that of another run, and its file would not show it.
void check_same_data(const std::string& path, const std::vector<std::byte>& before, const Task& task) {
  std::map<std::string, std::string> sums;
  for (ByteReader in(before); !in.at_end();) {
    const std::string name = in.text();
    sums[name] = in.text();
  }
  for (const auto& [name, sum] : task.data_checksums())
    require(sums[name] == sum, "{} was written with another {} than the present one (SHA-256 {}): give the same data (--data), or start over with --no-resume",
            path, name, sum);
}

// Every rank gets its own rows of a matrix that rank 0 has whole.
void scatter_rows(Communicator& communicator, const NodeLayout& layout, const std::vector<std::byte>& whole, const KeptState::Rows& rows) {
  std::vector<float> row(rows.matrix->dim());
  const auto mine = layout.mine();
  for (int r = 0, local = 0; r < row_count(rows, layout); ++r) {
    if (layout.rank == 0) std::memcpy(row.data(), whole.data() + static_cast<std::size_t>(r) * row.size() * sizeof(float), row.size() * sizeof(float));
    communicator.broadcast(std::as_writable_bytes(std::span(row)), 0);
    if (const int node = holder(rows, r); node >= mine.first && node < mine.first + mine.count) rows.matrix->write_row(local++, row);
  }
}

}  // namespace

void save_checkpoint(const std::string& path, const CheckpointedRun& run, Recorder& recorder, std::int64_t steps_done, const Incarnation& by) {
  recorder.gather();
  Sections sections;
  for (const auto& [name, matrix, holders] : run.kept.rows) {
    std::vector<float> mine(static_cast<std::size_t>(matrix->count()) * matrix->dim());
    for (int k = 0; k < matrix->count(); ++k) matrix->read_row(k, std::span(mine).subspan(static_cast<std::size_t>(k) * matrix->dim(), matrix->dim()));
    sections[name] = run.communicator.gather(std::as_bytes(std::span(mine)));
  }
  from_rank_0<int>(run.communicator, [&] {
    const auto controller = run.consensus.state();
    for (const auto& [name, values] : run.kept.numbers) sections[name] = to_bytes(std::span<const double>(values));
    sections["controller"] = to_bytes(std::span<const double>(controller));
    sections["steps_done"] = to_bytes(std::span<const std::int64_t>(&steps_done, 1));
    sections["data"] = encode_data(run.task);
    sections["run_id"] = to_bytes(std::span<const char>(recorder.record().run_id));
    sections["rows"] = encode_parts(recorder.save_rows());
    sections["record"] = encode_record(recorder.record(), recorder.saved_evaluations());
    write_checkpoint(path, sections, by);
    return 0;
  });
}

Resumed load_checkpoint(const std::string& path, const CheckpointedRun& run, const std::string& run_id, const Incarnation& by) {
  LoadedCheckpoint loaded;
  Resumed resumed;
  struct Head {
    bool found = false;
    std::int64_t steps_done = 0;
  };
  std::vector<double> controller(run.consensus.state().size());
  const Head head = from_rank_0<Head>(run.communicator, [&]() -> Head {
    std::vector<EvaluationRow> evaluations;  // that the log has
    loaded = read_checkpoint(path, [&](const Sections& sections) {
      const auto rows = sections.find("rows");  // older checkpoints have all rows in the record
      evaluations.clear();
      resumed.log = std::make_unique<RowLog>(path, rows == sections.end() ? std::vector<RowPart>{} : decode_parts(rows->second), evaluations, by);
    });
    resumed.note = loaded.note;
    if (!loaded.found) {
      resumed.log = std::make_unique<RowLog>(path, by);
      if (by.still_ours) by.still_ours();
      if (loaded.note.empty()) {
        resumed.log->remove_others();
        return {};
      }
      for (const std::string& damaged : {path, path + ".previous"}) set_aside_unusable(damaged);
      resumed.note += "; set aside, the run starts over";
      return {};
    }
    const auto& s = loaded.sections;
    const auto& id = section(s, "run_id", run_id.size());
    if (std::memcmp(id.data(), run_id.data(), run_id.size()) != 0) fail("{} belongs to another run: remove it or use --no-resume", path);
    check_same_data(path, s.at("data"), run.task);
    controller = from_bytes<double>(section(s, "controller", controller.size() * sizeof(double)));
    for (const auto& rows : run.kept.rows) section(s, rows.name, static_cast<std::size_t>(row_count(rows, run.layout)) * rows.matrix->dim() * sizeof(float));
    for (const auto& [name, values] : run.kept.numbers) std::memcpy(values.data(), section(s, name, values.size_bytes()).data(), values.size_bytes());
    resumed.record = decode_record(s.at("record"));
    resumed.record.evaluations.insert(resumed.record.evaluations.begin(), std::make_move_iterator(evaluations.begin()),
                                      std::make_move_iterator(evaluations.end()));
    if (by.still_ours) by.still_ours();
    if (!loaded.note.empty()) set_aside_unusable(path);
    resumed.log->remove_others();
    return {true, from_bytes<std::int64_t>(section(s, "steps_done", sizeof(std::int64_t)))[0]};
  });
  resumed.found = head.found;
  if (!head.found) return resumed;

  run.communicator.broadcast(std::as_writable_bytes(std::span(controller)), 0);
  run.consensus.restore(controller);
  for (const auto& rows : run.kept.rows)
    scatter_rows(run.communicator, run.layout, run.layout.rank == 0 ? loaded.sections.at(rows.name) : std::vector<std::byte>{}, rows);
  for (const auto& [name, values] : run.kept.numbers) run.communicator.broadcast(std::as_writable_bytes(values), 0);
  resumed.steps_done = head.steps_done;
  return resumed;
}

}  // namespace xib
