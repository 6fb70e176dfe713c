#include "harness/run/run_record.hpp"

#include "harness/core/check.hpp"
#include "harness/core/hash_numbers.hpp"

namespace xib {

RunRecord begin_record(const Plan& plan, const PlannedRun& planned, const Run& run) {
  RunRecord record;
  record.run_id = planned.id;
  record.name = plan.sweep.name;
  record.variant = fmt::format("{}", fmt::join(planned.variants, " | "));
  record.seed = planned.config.seed;
  record.nodes = run.layout.nodes;
  record.classes = run.task->classes();
  record.metrics = run.task->metrics();
  record.config_json = planned.canonical_json;
  record.config_source = plan.sweep.source;
  const auto known = run.task->constants();
  record.problem = {.L = known.L, .mu = known.mu, .sigma2 = known.sigma2, .zeta2 = known.zeta2, .optimum = known.optimum};
  record.topologies = topology_records(run);
  record.class_histogram = run.task->class_histogram();
  record.ranks = run.layout.ranks;
  return record;
}

std::vector<PhaseRow> phase_rows(const RunConfig& config, const Timeline& timeline, const StepTotals& steps) {
  std::vector<PhaseRow> rows;
  for (int phase = 1; phase <= timeline.phases(); ++phase) {
    const auto k = static_cast<std::size_t>(phase - 1);
    PhaseRow row{.first_step = timeline.begin_of(phase),
                 .last_step = timeline.end_of(phase) - 1,
                 .topology = config.topology.name[k],
                 .policy = config.control.policy[k],
                 .target_source = config.control.reference_id[k]};
    if (const auto found = steps.phases.find(phase); found != steps.phases.end()) {
      const PhaseTotals& done = found->second;
      row.rounds = done.rounds;
      row.bytes_sent = done.bytes_sent;
      row.target = done.target;
      row.target_first = done.target_first;
      row.target_min = done.target_min;
      row.consensus_distance_mean = done.distance_mean();
      row.consensus_distance_max = done.distance_max;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string hash_models(Communicator& communicator, const NodeMatrix& models, const NodeMatrix& statistics) {
  std::string mine;
  std::vector<float> model(models.dim()), buffers(statistics.dim());
  for (int k = 0; k < models.count(); ++k) {
    models.read_row(k, model);
    statistics.read_row(k, buffers);
    Sha256 hash;
    hash_numbers<float>(hash, model);
    hash_numbers<float>(hash, buffers);
    mine += hash.hex();
  }
  const auto all = communicator.gather(std::as_bytes(std::span(mine)));
  return sha256({reinterpret_cast<const char*>(all.data()), all.size()});
}

}  // namespace xib
