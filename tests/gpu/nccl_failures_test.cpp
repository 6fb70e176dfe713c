#include "harness/comm/thread_world.hpp"
#include "tests/gpu/ranks.hpp"

// Failures over thread ranks. Their world rethrows one error only: the others' are kept here.
std::vector<std::string> xib::test::said(const std::function<void(Communicator&)>& body) {
  std::vector<std::string> all(3);
  try {
    run_thread_ranks(3, [&](Communicator& host) {
      try {
        body(host);
      } catch (const std::exception& error) {
        all[static_cast<std::size_t>(host.rank())] = error.what();
        throw;
      }
    });
  } catch (const std::exception&) {
  }
  return all;
}
