#include "harness/record/standing.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace xib;

namespace {

constexpr Standing kAll[] = {Standing::missing, Standing::running,  Standing::interrupted, Standing::killed,
                             Standing::failed,  Standing::finished, Standing::diverged,    Standing::elsewhere};

}  // namespace

TEST_CASE("the name of a standing leads back to it, and no other text does") {
  std::set<std::string_view> names;
  for (const Standing standing : kAll) {
    CHECK(standing_named(name_of(standing)) == standing);
    names.insert(name_of(standing));
  }
  CHECK(names.size() == std::size(kAll));
  for (const char* other : {"", "complete", "Running", "finished "}) CHECK_FALSE(standing_named(other));
}

TEST_CASE("files of earlier builds keep their words") {
  CHECK(name_of(Standing::running) == "running");
  CHECK(name_of(Standing::interrupted) == "interrupted");
  CHECK(name_of(Standing::failed) == "failed");
  CHECK(name_of(Standing::killed) == "killed");
  CHECK(name_of(Standing::finished) == "finished");
  CHECK(name_of(Standing::diverged) == "diverged");
  CHECK(attempt_end(Standing::killed) == "unknown (killed)");
  CHECK(attempt_end(Standing::interrupted, 15) == "signal 15");
  CHECK(attempt_end(Standing::interrupted) == "signal to another rank");
  CHECK(attempt_end(Standing::diverged) == "diverged");
}

TEST_CASE("status has one word for both ends with a result, and one for both without a process") {
  for (const Standing standing : kAll) CHECK((status_word(standing) == "complete") == has_result(standing));
  CHECK(status_word(Standing::killed) == status_word(Standing::interrupted));
}
