#pragma once

#include <cmath>

#include "harness/core/nan.hpp"
#include "harness/record/run_file.hpp"

namespace xib {

// A run of 2 phases that fills every column with its own values, all of them exact in binary.
inline RunRecord sample_record(std::int32_t nodes = 3, std::int64_t steps = 6, std::int32_t ranks = 2) {
  RunRecord record;
  record.run_id = "0123456789abcdef";
  record.name = "sample";
  record.variant = "phase 1 at ½";
  record.final_model_sha256 = std::string(64, 'a');
  record.seed = -7;
  record.nodes = nodes;
  record.classes = 2;
  record.problem = {.L = 4, .mu = 0.5, .sigma2 = 2, .zeta2 = 0.25, .optimum = -0.125};
  record.ranks = ranks;
  record.config_json = R"({"seed":-7,"train.nodes":3})";
  record.config_source = "# Ξ\nname = \"sample\"\n";
  const std::int64_t half = steps / 2;
  record.phases = {{0, half - 1, "ring", "fraction(0.5)", 0.125, "fedcba9876543210", 0.25, 0.5, half, 100 * half, 0.1875, 0.0625},
                   {half, steps - 1, "complete", "exact", kNaN, "", kNaN, kNaN, 0, 200 * half, kNaN, kNaN}};
  for (int k = 1; k <= 2; ++k) {
    TopologyRecord topology{.name = k == 1 ? "ring" : "complete",
                            .weights = "uniform",
                            .p = 0.25 * k,
                            .lambda2 = 0.5,
                            .lambda_min = -0.5,
                            .contraction = 0.125 * k,
                            .contraction_rounds = k,
                            .degree = 2,
                            .matrices = {}};
    topology.matrices.assign(static_cast<std::size_t>(nodes) * nodes, 1.0 / nodes);
    record.topologies.push_back(topology);
  }
  for (std::int32_t i = 0; i < nodes * record.classes; ++i) record.class_histogram.push_back(10 + i);
  for (std::int64_t t = 0; t < steps; ++t) {
    StepRow row;
    const auto x = static_cast<double>(t);
    row.step = t;
    row.epoch = x / 4;
    row.lr = 0.5 / (1 + x / 8);
    row.phase = t < half ? 1 : 2;
    row.train_loss = 2 - x / 16;
    row.consensus_distance = t % 3 == 2 ? kNaN : 0.25 + x / 32;
    row.consensus_distance_before = 0.5 + x / 32;
    row.displacement = t == 0 ? 0.375 : kNaN;
    row.target_distance = t < half ? 0.125 : kNaN;
    row.communication = t < half ? 0 : 1;
    row.gossip_rounds = t < half ? 1 : 0;
    row.mixing_strength = t < half ? 1 / (1 + x) : kNaN;
    row.minibatch_gradient_norm = 3 + x;
    row.mean_model_norm = 10 + x;
    row.critical_distance = 0.75 + x;
    row.target_reached = t == 1 ? 0 : 1;
    row.samples = 96;
    row.bytes_sent = t < half ? 100 : 200;
    row.gauge_bytes_sent = 50 + t;
    row.decision_bytes_sent = t < half ? 25 : 0;
    row.wire_bytes = 70 + t;
    row.data_s = 0.0625, row.compute_s = 0.5, row.update_s = 0.125, row.mix_s = 0.25;
    row.gauge_s = 0.03125, row.record_s = 0.015625, row.wait_s = 0.015625;
    row.wall_s = 1;
    row.t_ns = 1'000'000'000 * (t + 1);
    row.attempt = t < half ? 0 : 1;
    row.flags = t == 0 ? flag_warmup : 0;
    record.steps.push_back(row);
    for (std::int32_t i = 0; i < nodes; ++i) {
      record.node_train_loss.push_back(static_cast<float>(t) + 0.5f * static_cast<float>(i));
      record.node_distance_to_mean.push_back(static_cast<float>(t) + 0.25f * static_cast<float>(i));
    }
    for (std::int32_t r = 0; r < ranks; ++r) {
      record.rank_compute_s.push_back(r == 1 && t < half ? NAN : 0.5f);
      record.rank_mix_s.push_back(0.25f);
      record.rank_wait_s.push_back(0.125f);
    }
  }
  for (int e = 1; e <= 2; ++e) {
    EvaluationRow row;
    row.step = half * e;
    row.epoch = static_cast<double>(row.step) / 4;
    row.test_accuracy_mean_model = 80 - 8 * e;
    row.test_loss_mean_model = 1.5 / e;
    row.suboptimality_mean_model = 0.5 / e;
    row.gradient_norm_mean_model = 3 - e;
    row.gradient_variance_mean_model = 2 + 0.25 * e;
    row.train_seconds = static_cast<double>(row.step);
    record.evaluations.push_back(row);
  }
  record.evaluations[1].train_loss_mean_model = 0.75;
  record.evaluations[1].validation_accuracy_mean_model = 62.5;
  for (std::int32_t i = 0; i < nodes; ++i) record.evaluations[1].test_nodes.push_back(50 + i);
  record.attempts = {{"2021-07-18T00:00:00Z", "2021-07-18T00:00:03Z", "a", "17", "signal USR1", 1, 2, 0, half - 1},
                     {"2021-07-18T01:00:00Z", "2021-07-18T01:00:03Z", "a b", "", "finished", 2, 1, half, steps - 1}};
  record.provenance = {{"command_line", "xibench run x.toml"}, {"diff", "+ a\n- b\n"}, {"git_commit", "0000"}, {"variable OMP_NUM_THREADS", ""}};
  return record;
}

}  // namespace xib
