#include "harness/control/gauge.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace xib;
using Catch::Contains;

TEST_CASE("every gauge of the table is made by its name") {
  for (const auto& info : gauges()) {
    CHECK(make_gauge(info.name, "here", 1).kind == info.kind);
    CHECK(gauge_info(info.kind).name == info.name);
    CHECK(info.may_steer == (info.kind == Gauge::Kind::exact));
    CHECK_FALSE(info.help.empty());
  }
  CHECK(make_gauge("sketch", "here", 7).buckets == 128);
  CHECK(make_gauge("sketch(32)", "here", 7).buckets == 32);
  CHECK(make_gauge("sketch(k = 32)", "here", 7).seed == 7);
}

TEST_CASE("unknown gauges and wrong arguments are refused with a remedy") {
  CHECK_THROWS_WITH(make_gauge("sketsh", "control.gauge", 1), Contains("control.gauge") && Contains("did you mean 'sketch'?"));
  CHECK_THROWS_WITH(make_gauge("xyzzyxyzzy", "here", 1), Contains("known: exact, sketch"));
  CHECK_THROWS_WITH(make_gauge("exact(3)", "here", 1), Contains("does not take"));
  for (const char* text : {"sketch(0)", "sketch(-4)", "sketch(99999999)"}) CHECK_THROWS_WITH(make_gauge(text, "here", 1), Contains("between 1 and"));
}
