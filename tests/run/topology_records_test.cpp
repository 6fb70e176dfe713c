#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "harness/comm/thread_world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/run/run.hpp"
#include "harness/run/vocabulary.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;

namespace {

// One run on a small quadratic: `settings` are lines of its sweep file.
std::string sweep(const std::string& settings) {
  return "name = 't'\ndata.dataset = 'quadratic(dim = 3, steps = 2)'\nmodel.name = 'none'\ntrain.batch_size = 1\n" + settings + "\n";
}

std::unique_ptr<Run> made(const RunConfig& config, Communicator& communicator) { return make_run(config, communicator, {}, {}); }

std::vector<TopologyRecord> records(const std::string& settings) {
  std::vector<TopologyRecord> found;
  const RunConfig config = plan_of(sweep(settings), {}, vocabulary()).runs.at(0).config;
  run_thread_ranks(1, [&](Communicator& communicator) {
    const auto run = made(config, communicator);
    found = topology_records(*run);
    for (TopologyRecord& record : found) {
      const auto n = static_cast<std::int64_t>(run->layout.nodes);
      std::vector<double> row(static_cast<std::size_t>(n));
      for (std::int64_t at = 0; at < record.period * n; ++at) {
        record.row_of(at / n, at % n, row);
        record.matrices.insert(record.matrices.end(), row.begin(), row.end());
      }
      record.row_of = {};  // the run ends here
    }
  });
  return found;
}

}  // namespace

TEST_CASE("a run records the busiest round of a period and the contraction of the whole, and p where a round has one") {
  const TopologyRecord ring = records("train.nodes = 8").at(0), varying = records("train.nodes = 8\ntopology.name = 'alternate(ring, 9, complete, 1)'").at(0);
  CHECK((ring.degree == 2 && ring.period == 1 && ring.contraction_rounds == 1));
  CHECK(ring.p == Approx(1 - ring.contraction * ring.contraction));
  CHECK((varying.degree == 7 && varying.period == 10 && varying.contraction_rounds == 10));
  CHECK((varying.contraction == 0 && std::isnan(varying.p)));  // complete averages exactly

  const TopologyRecord permuted = records("train.nodes = 16\ntopology.name = 'one-peer-exponential(permutation)'").at(0);
  CHECK((permuted.degree == 1 && permuted.period == 0 && permuted.contraction_rounds == 4 && permuted.contraction == 0 && std::isnan(permuted.p)));
  const TopologyRecord drawn = records("train.nodes = 8\ntopology.name = 'random-matching'").at(0);
  CHECK((drawn.degree == 1 && drawn.period == 0 && drawn.contraction_rounds == 0 && std::isnan(drawn.contraction)));
  CHECK(drawn.p == Approx(0.5 * 8 / 7));
}

TEST_CASE("a run with push-sum records the W that it was given, whose columns sum to 1 and whose rows do not, not the matrices that follow from it") {
  const TopologyRecord record = records("train.nodes = 5\ntrain.algorithm = 'sgp'\ntopology.name = 'star'\ntopology.weights = 'push-sum'").at(0);
  CHECK((record.weights == "push-sum" && record.period == 1 && record.degree == 4));
  const auto entry = [&](int i, int j) { return record.matrices.at(static_cast<std::size_t>(5 * i + j)); };
  for (int j = 1; j < 5; ++j) CHECK((entry(0, j) == 0.5 && entry(j, j) == 0.5 && entry(j, 0) == 0.2));  // a leaf keeps a half, the hub a fifth
  CHECK(entry(0, 0) == Approx(0.2).epsilon(1e-15));                                                     // what the others leave of 1
}

TEST_CASE("a run refuses a graph file whose content is not what was planned") {
  const SweepFile file("");
  const std::string path = file.directory() + "/g.txt", square = "0 1\n1 2\n2 3\n3 0\n", path_graph = "0 1\n1 2\n2 3\n";
  std::ofstream(path) << square;
  const auto planned = [&] {
    return plan_of(sweep("train.nodes = 4\ntopology.weights = 'metropolis'\ntopology.name = 'edges(" + path + ")'"), {}, vocabulary()).runs.at(0);
  };
  const PlannedRun run = planned();
  CHECK(run.config.topology.file_sha256 == std::vector<std::string>{sha256(square)});

  run_thread_ranks(1, [&](Communicator& communicator) {
    CHECK(made(run.config, communicator) != nullptr);
    std::ofstream(path) << path_graph;
    CHECK_THROWS_WITH(made(run.config, communicator), Catch::Contains(path) && Catch::Contains("has changed since the plan") &&
                                                          Catch::Contains(sha256(square)) && Catch::Contains("run again"));
    CHECK(planned().id != run.id);
    CHECK(made(planned().config, communicator) != nullptr);
    std::ofstream(path) << square;
    CHECK(planned().id == run.id);
    CHECK(made(run.config, communicator) != nullptr);
  });
}
