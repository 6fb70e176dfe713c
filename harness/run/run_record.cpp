#include "harness/run/run_record.hpp"

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"

#include <cmath>

namespace xib {

RunRecord begin_record(const Plan& plan, const PlannedRun& planned, const Run& run) {
  RunRecord record;
  record.run_id = planned.id;
  record.name = plan.sweep.name;
  record.variant = fmt::format("{}", fmt::join(planned.variants, " | "));
  record.seed = planned.config.seed;
  record.nodes = run.layout.nodes;
  record.classes = run.task->classes();
  record.config_json = planned.canonical_json;
  record.config_source = plan.sweep.source;
  const auto known = run.task->constants();
  record.problem = {.L = known.L, .mu = known.mu, .sigma2 = known.sigma2, .zeta2 = known.zeta2, .optimum = known.optimum};
  record.topologies = topology_records(run);
  record.class_histogram = run.task->class_histogram();
  record.ranks = run.layout.ranks;
  return record;
}

std::vector<PhaseRow> phase_rows(const Run& run, const RunRecord& record) {
  std::vector<PhaseRow> rows;
  for (std::size_t k = 0; k < run.phase_begin.size(); ++k) {
    PhaseRow row{.first_step = run.phase_begin[k],
                 .last_step = k + 1 < run.phase_begin.size() ? run.phase_begin[k + 1] - 1 : run.steps - 1,
                 .topology = run.config.topology.name[k],
                 .policy = run.config.control.policy[k],
                 .target_source = run.config.control.reference_id[k]};
    double sum = 0, largest = kNotMeasured;
    int measured = 0;
    for (const auto& step : record.steps) {
      if (step.phase != static_cast<int>(k) + 1) continue;
      row.rounds += step.gossip_rounds;
      row.bytes_sent += step.bytes_sent;
      if (!std::isnan(step.target_distance)) {
        row.target = step.target_distance;
        if (std::isnan(row.target_first)) row.target_first = row.target;
        row.target_min = std::fmin(row.target_min, row.target);
      }
      if (std::isnan(step.consensus_distance)) continue;
      sum += step.consensus_distance;
      largest = std::fmax(largest, step.consensus_distance);
      ++measured;
    }
    if (measured > 0) row.consensus_distance_mean = sum / measured;
    row.consensus_distance_max = largest;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string hash_models(Run& run) {
  std::string mine;
  std::vector<float> model(run.x.dim()), buffers(run.buffers.dim());
  for (int k = 0; k < run.x.count(); ++k) {
    run.x.read_row(k, model);
    run.buffers.read_row(k, buffers);
    Sha256 hash;
    hash.update(std::as_bytes(std::span(model)));
    hash.update(std::as_bytes(std::span(buffers)));
    mine += hash.hex();
  }
  const auto all = run.communicator.gather(std::as_bytes(std::span(mine)));
  return sha256({reinterpret_cast<const char*>(all.data()), all.size()});
}

}  // namespace xib
