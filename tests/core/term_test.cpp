#include "harness/core/term.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

using namespace xib;
using Catch::Contains;

TEST_CASE("a term is a name, or a name with positional and then named arguments") {
  CHECK(Term::parse("ring") == Term{"ring", {}});
  CHECK(Term::parse(" ring() ") == Term{"ring", {}});
  CHECK(Term::parse("torus(4,8)") == Term{"torus", {{"", "4"}, {"", "8"}}});
  CHECK(Term::parse("adaptive( 0.2 , beta=0.95 )") == Term{"adaptive", {{"", "0.2"}, {"beta", "0.95"}}});
  CHECK(Term::parse("critical(L = 2)") == Term{"critical", {{"L", "2"}}});
  CHECK(Term::parse("edges(\"my graph, 2.txt\")") == Term{"edges", {{"", "my graph, 2.txt"}}});
}

TEST_CASE("the canonical text is parsed to the same term and is its own canonical text") {
  for (const std::string text : {"ring", "torus(4,8)", "adaptive(0.2,beta=0.95)", "edges(\"a b.txt\")", "edges(\"a=b\")", "edges(file=\"a, b\")", "x(\"\")"}) {
    INFO(text);
    const Term term = Term::parse(text);
    CHECK(Term::parse(term.text()) == term);
    CHECK(Term::parse(term.text()).text() == term.text());
  }
  CHECK(Term::parse("adaptive(0.2,beta=0.95)").text() == "adaptive(0.2, beta = 0.95)");
}

TEST_CASE("whatever is not in the grammar is refused with the place and an example") {
  for (const std::string text : {"",          " ",         "4",          "Ring",       "(4)",           "torus(4",
                                 "torus(4))", "torus 4",   "torus(4,)",  "torus(,4)",  "torus(a=1, 2)", "torus(a=1, a=2)",
                                 "torus(=4)", "torus(a=)", "torus(4=1)", "edges(\"a)", "edges(\")",     "edges(a\"b)",
                                 "f(g(1))",   "a(1)(2)"}) {
    INFO(text);
    CHECK_THROWS_WITH(Term::parse(text, "x.toml: topology"), Contains("x.toml: topology: '" + text + "'") && Contains("torus(4, 8)"));
  }
}

TEST_CASE("arguments come by position or by name, optional ones have defaults") {
  const auto read = [](std::string_view text) {
    const Term term = Term::parse(text);
    Arguments a(term, "here");
    const double f = a.number("fraction"), beta = a.number("beta", 0.5);
    const auto k = a.integer("k", 3);
    const std::string name = a.text("name", "none");
    a.done();
    return std::tuple(f, beta, k, name);
  };
  CHECK(read("p(0.25)") == std::tuple(0.25, 0.5, 3, "none"));
  CHECK(read("p(0.25, 0.75, 4, x)") == std::tuple(0.25, 0.75, 4, "x"));
  CHECK(read("p(0.25, k = 7)") == std::tuple(0.25, 0.5, 7, "none"));
  CHECK(read("p(k = 7, name = y, fraction = -1e-3)") == std::tuple(-1e-3, 0.5, 7, "y"));
  CHECK_THROWS_WITH(read("p"), Contains("here: p needs the argument fraction"));
  CHECK_THROWS_WITH(read("p(a)"), Contains("fraction is 'a', which is not a number"));
  CHECK_THROWS_WITH(read("p(nan)"), Contains("not a number"));
  CHECK_THROWS_WITH(read("p(1e999)"), Contains("not a number"));
  CHECK_THROWS_WITH(read("p(-1e-320)"), Contains("fraction is -1e-320, so near to 0 that it counts as 0; write 0, or a number above 2.3e-308"));
  CHECK_THROWS_WITH(read("p(1, k = 2.5)"), Contains("k is 2.5, which is not a whole number"));
  CHECK_THROWS_WITH(read("p(1, gamma = 2)"), Contains("does not take: 'gamma'"));
  CHECK_THROWS_WITH(read("p(1, 2, 3, x, 5)"), Contains("does not take: '5'"));
}

TEST_CASE("rest() takes the remaining positional arguments") {
  const Term term = Term::parse("steps(150, 225)");
  Arguments a(term, "");
  CHECK(a.rest() == std::vector<double>{150, 225});
  a.done();
}

TEST_CASE("the nearest member is suggested, and none where none is near") {
  CHECK(nearest("rnig", {"torus", "ring", "star"}) == "ring");
  CHECK(nearest("exponental", {"exponential", "complete"}) == "exponential");
  CHECK(nearest("qqqqqq", {"torus", "ring"}).empty());
}
