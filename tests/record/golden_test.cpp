#include <zlib.h>

#include <catch2/catch.hpp>

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
  for (int got; (got = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;)
    bytes.append(block, 0, static_cast<std::size_t>(got));
  gzclose(file);
  return bytes;
}

}  // namespace

// A file of every schema version is kept for ever: what was written once can always be read.
TEST_CASE("the golden file of schema version 1 reads as the record it was written from") {
  const Scratch folder;
  write_bytes(folder / "a.h5", unpack(XB_SOURCE_DIR "/tests/record/golden/run_v1.h5.gz"));

  const RunRecord record = read_run_file(folder / "a.h5");

  RunRecord written = sample_record();
  for (auto& topology : written.topologies) topology.contraction = kNotMeasured, topology.contraction_rounds = 0;  // came later
  check_same(record, written);
  CHECK(read_run_header(folder / "a.h5").summary.total_bytes_sent == 900);
}
