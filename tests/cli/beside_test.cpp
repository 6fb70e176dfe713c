#include "harness/cli/beside.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace xib;

namespace {

constexpr std::size_t kMany = 1000;  // enough for a process on each of some processors

std::string lost(std::size_t k) { return "lost " + std::to_string(k); }

std::vector<std::string> lines(std::size_t count, const std::function<std::string(std::size_t)>& line) {
  std::vector<std::string> found;
  lines_from_beside(count, line, lost, [&](std::size_t k, const std::string& said) {
    REQUIRE(k == found.size());
    found.push_back(said);
  });
  return found;
}

}  // namespace

TEST_CASE("the lines come in order, whatever their length, from as many processes as there are processors") {
  const auto text = [](std::size_t k) { return std::to_string(k) + std::string(k % 7 == 0 ? 100'000 : 0, 'x'); };  // more than a pipe holds
  const auto found = lines(kMany, text);
  REQUIRE(found.size() == kMany);
  for (std::size_t k = 0; k < kMany; ++k) CHECK(found[k] == text(k));

  const auto processes = lines(kMany, [](std::size_t) { return std::to_string(getpid()); });
  const std::set<std::string> different(processes.begin(), processes.end());
  if (std::thread::hardware_concurrency() > 1) CHECK(different.size() == std::min<std::size_t>(std::thread::hardware_concurrency(), kMany / 32));
  const auto few = lines(3, [](std::size_t) { return std::to_string(getpid()); });
  CHECK(few == std::vector<std::string>(3, few.front()));
  CHECK(few.front() != std::to_string(getpid()));  // one that crashes does no harm here
  CHECK(lines(0, text).empty());
}

TEST_CASE("a process that ends before its time loses no line") {
  const pid_t here = getpid();
  const auto found = lines(kMany, [&](std::size_t k) {
    if (k == kMany / 2 && getpid() != here) _exit(3);
    if (k == kMany / 3 && getpid() != here) throw std::runtime_error("in a process whose caller must not see it");
    return std::to_string(k);
  });
  for (std::size_t k = 0; k < kMany; ++k) CHECK(found.at(k) == std::to_string(k));
}

TEST_CASE("a line that crashes its process is lost, and no other") {
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}, kMany}) {
    const auto crashes = [&](std::size_t k) { return k == 0 || k == count / 2 || k == count / 2 + 1 || k == count - 1; };
    const auto found = lines(count, [&](std::size_t k) {
      if (crashes(k)) {
        std::signal(SIGABRT, SIG_DFL);  // Catch has its own
        std::raise(SIGABRT);            // a sanitizer turns SIGSEGV into an exit
      }
      return std::to_string(k);
    });
    for (std::size_t k = 0; k < count; ++k) CHECK(found.at(k) == (crashes(k) ? lost(k) : std::to_string(k)));
  }
}

TEST_CASE("no process waits for one that has stopped to read") {
  const auto text = [](std::size_t) { return std::string(100'000, 'x'); };
  CHECK_THROWS_AS(lines_from_beside(kMany, text, lost,
                                    [](std::size_t k, const std::string&) {
                                      if (k == 1) throw std::runtime_error("enough");
                                    }),
                  std::runtime_error);
}
