#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/record/descriptor.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/rows.hpp"
#include "harness/record/step_totals.hpp"

namespace xib {

// The beginning of a file of rows, which a checkpoint counts. What comes after it is of no run.
struct RowPart {
  std::string file;  // its name in the folder of the checkpoint
  std::uint64_t bytes = 0;
  std::string sum;  // checksum of its last block, which covers all blocks before
  bool operator==(const RowPart&) const = default;
};
std::vector<std::byte> encode_parts(const std::vector<RowPart>& parts);  // and back, for the section "rows" of a checkpoint
std::vector<RowPart> decode_parts(const std::vector<std::byte>& bytes);

// The rows of a run that are no longer in memory: files beside its checkpoint, one of every attempt, to which blocks of rows are appended. A file that an
// earlier attempt wrote is never changed: a checkpoint says how many bytes of it count. So a kill at any moment, and a process that goes on although it was
// given up for lost, leave everything that a checkpoint counts.
class RowLog {
 public:
  // checkpoint: the path from which names follow. Nothing is written before the first append().
  explicit RowLog(std::string checkpoint, Incarnation by = {});
  // Goes on after the parts. Reads and checks all of them. Throws UnusableCheckpoint if they are not there as they were written, Unreadable if that cannot be
  // known. Evaluations of the parts are added to `evaluations`.
  RowLog(std::string checkpoint, const std::vector<RowPart>& parts, std::vector<EvaluationRow>& evaluations, Incarnation by = {});

  void append(const Rows& rows);                        // may still be lost; throws Error(work)
  const std::vector<RowPart>& make_durable();           // fsync; what a checkpoint has to say from now on
  const StepTotals& totals() const { return totals_; }  // of all steps in it
  std::int64_t evaluations() const { return evaluations_; }

  // Calls visit for all rows, a block at a time. Throws Error(work) if a file is no longer what was written.
  void each(const std::function<void(Rows&)>& visit) const;

  void remove_others() const;  // files that this log does not count: of attempts that ended before a checkpoint counted them

 private:
  void begin_file();
  std::string path_of(const RowPart& part) const { return folder_of(checkpoint_) + "/" + part.file; }
  std::string checkpoint_;
  Incarnation by_;
  std::vector<RowPart> parts_;
  bool has_file_ = false;             // the last part is ours
  std::unique_ptr<Descriptor> file_;  // open from an append to make_durable(), so that a file system can be unmounted or made read-only in between
  StepTotals totals_;
  std::int64_t evaluations_ = 0;
};

void remove_row_logs(const std::string& checkpoint);

}  // namespace xib
