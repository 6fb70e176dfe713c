#include "harness/job/spawn_run.hpp"

#include <catch2/catch.hpp>

using namespace xib;
using Words = std::vector<std::string>;

TEST_CASE("a driver's own options do not reach its processes, in either form, and all others do in their order") {
  const std::vector<DriversOption> own = {{"--jobs"}, {"--index"}, {"--all", false}};
  CHECK(without_options({"xibench", "run", "a.toml", "--jobs", "2", "--set", "seeds=[1]", "--all", "--out", "o"}, own) ==
        Words{"xibench", "run", "a.toml", "--set", "seeds=[1]", "--out", "o"});
  CHECK(without_options({"run", "--jobs=2", "--index", "0", "--index=1", "a.toml"}, own) == Words{"run", "a.toml"});
  CHECK(without_options({"run", "--jobsite", "x", "--out=--jobs"}, own) == Words{"run", "--jobsite", "x", "--out=--jobs"});
  CHECK(without_options({"run", "--jobs"}, own) == Words{"run"});
}
