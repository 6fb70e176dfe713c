#include <zlib.h>

#include <catch2/catch.hpp>

#include "harness/core/nan.hpp"
#include "harness/record/run_file.hpp"
#include "tests/record/same_record.hpp"
#include "tests/record/sample_record.hpp"
#include "tests/record/scratch.hpp"

using namespace xib;

namespace {

std::string unpack(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string bytes, block(1 << 16, '\0');
  for (int got; (got = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) bytes.append(block, 0, static_cast<std::size_t>(got));
  gzclose(file);
  return bytes;
}

}  // namespace

// A file of every schema version is kept for ever: what was written once can always be read. Columns that are younger than the file come out as
// not measured.
TEST_CASE("the golden file of schema version 1 reads as the record it was written from") {
  const Scratch folder;
  write_bytes(folder / "a.h5", unpack(XB_SOURCE_DIR "/tests/record/golden/run_v1.h5.gz"));

  const RunRecord record = read_run_file(folder / "a.h5");

  RunRecord written = sample_record();  // without what came later
  for (auto& row : written.steps) row.decision_bytes_sent = row.displacement = row.mixing_strength = kNaN;
  written.problem = {};
  for (auto& row : written.phases) row.target_first = row.target_min = kNaN;
  for (auto& topology : written.topologies) topology.contraction = kNaN, topology.contraction_rounds = 0;
  for (auto& row : written.evaluations) row.suboptimality_mean_model = row.gradient_norm_mean_model = row.gradient_variance_mean_model = kNaN;
  check_same(record, written);
  const Summary summary = read_run_header(folder / "a.h5").summary;
  CHECK(summary.total_bytes_sent == 900);
  CHECK(summary.total_gauge_bytes_sent == 315);  // of the column: older than the attribute
  CHECK(same(summary.total_decision_bytes_sent, kNaN));
  CHECK(summary.target_missed_steps == 1);                                                              // of the column
  CHECK(science_digest(record) == "7235013be2416c4afb0f0020f272af148adb8f2ab143a74d7ba1ce56c61d8cc9");  // as version 0.1.0 computed it
}
