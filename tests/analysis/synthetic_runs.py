"""Small run files with invented numbers in the schema of harness/record/README.md, to test the analysis without training anything."""

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np

SWEEP = """name = "synthetic"
seeds = [1, 2, 3]
delta = 0.5
[train]
epochs = 12
phases = [6, 9]
[sweep]
"train.nodes" = {nodes}
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "ring"
[[variant]]
name = "exponential"
topology.name = "exponential"
[[variant]]
name = "ring, exact in phase 1"
control.policy = ["exact", "rounds(1)", "rounds(1)"]
[[contrast]]
arm = "ring, exact in phase 1"
against = "ring"
"""
# variant -> (distance of the phases, points lost to centralized, rounds per step, bytes per step, mixing share of a step)
VARIANTS = {"centralized": ((0, 0, 0), 0.0, 0, 120e6, 0.22), "ring": ((4.0, 1.6, 0.6), 2.3, 1, 16e6, 0.06),
            "exponential": ((0.9, 0.4, 0.15), 0.9, 1, 40e6, 0.12), "ring, exact in phase 1": ((0, 1.5, 0.6), 0.1, 0.67, 52e6, 0.1)}
STEPS, EPOCHS = 240, 12


def resolved(variant, seed, nodes):
    policy = ["exact", "rounds(1)", "rounds(1)"] if variant == "ring, exact in phase 1" else ["rounds(1)"] * 3
    return {"seed": seed, "data": {"dataset": "synthetic", "partition": "iid"}, "model": {"name": "cnn", "width": 1},
            "train": {"nodes": nodes, "algorithm": "centralized" if variant == "centralized" else "dsgd", "epochs": EPOCHS, "lr": 0.8},
            "topology": {"name": ["exponential" if variant == "exponential" else "ring"] * 3, "weights": "uniform"},
            "control": {"policy": policy}}


def step_columns(variant, seed, nodes, speed, random):
    distances, _, rounds, sent, mixing = VARIANTS[variant]
    step = np.arange(STEPS)
    phase = 1 + (step >= STEPS // 2) + (step >= 3 * STEPS // 4)
    level = np.array(distances)[phase - 1] * (nodes / 16) ** 0.7
    ramp = 1 - np.exp(-(step % (STEPS // 2) + 1) / 12)
    xi = level * ramp * random.lognormal(0, 0.06, STEPS)
    flags = np.zeros(STEPS, np.uint8)
    flags[:10] |= 1
    flags[19::20] |= 2
    wall = 0.04 / speed * random.lognormal(0, 0.03, STEPS)
    parts = {"data_s": 0.04, "compute_s": 0.0, "update_s": 0.05, "mix_s": mixing, "gauge_s": 0.03, "record_s": 0.005, "wait_s": 0.04}
    parts["compute_s"] = 1 - sum(parts.values())
    exact = level == 0
    wall[flags & 2 > 0] *= 6
    return {"step": step, "epoch": step * EPOCHS / STEPS, "lr": 0.8 / 10.0 ** (phase - 1), "phase": phase.astype(np.int32),
            "train_loss": 2.3 * np.exp(-step / 90) + 0.3 + random.normal(0, 0.02, STEPS), "consensus_distance": xi,
            "consensus_distance_before": xi * 1.3 + 0.2, "target_distance": np.full(STEPS, np.nan),
            "communication": np.where(exact, 1, 0).astype(np.uint8), "gossip_rounds": np.where(exact, 0, np.ceil(rounds)).astype(np.int32),
            "samples": np.full(STEPS, 32 * nodes), "wall_s": wall, **{key: share * wall for key, share in parts.items()},
            "t_ns": (np.cumsum(wall) * 1e9).astype(np.int64), "attempt": np.zeros(STEPS, np.int16), "flags": flags,
            "minibatch_gradient_norm": 1 + 0.01 * random.normal(size=STEPS), "mean_model_norm": 9 + step / STEPS,
            "bytes_sent": np.full(STEPS, int(sent)), "gauge_bytes_sent": np.full(STEPS, 8 * nodes),
            "decision_bytes_sent": np.where(exact, 0.0, 3.0 * nodes)}


def write_provenance(file):
    file["provenance/rank_facts"] = "rank 0: host a, pid 7, processors 0-1, threads 2\n"
    file["provenance"].attrs.update({"cpu": "a processor", "ranks": "1", "threads": "2", "device": "cpu", "git_commit": "abc", "libtorch": "1.13.1",
                                     "command_line": "xibench run synthetic.toml"})


def write_hints(file):
    """What viewers plot, as every group of a run file has it; no data."""
    file.attrs["NX_class"] = "NXroot"
    for name in ("steps", "evaluations"):
        file[name].attrs.update({"NX_class": "NXdata", "axes": "step"})
    for name in ("nodes", "ranks", "partition", "phases", "provenance", "provenance/attempts", "summary"):
        file[name].attrs["NX_class"] = "NXcollection"


def write_scales(file):
    """The dimension of steps, as the scale that a real file has in their group."""
    file["steps/step"].make_scale("step")
    for name, column in file["steps"].items():
        if name != "step":
            column.dims[0].attach_scale(file["steps/step"])


def write_attempts(file):
    for key, value in {"attempt": 0, "ranks": 1, "threads": 2, "first_step": 0, "last_step": STEPS - 1}.items():
        file[f"provenance/attempts/{key}"] = [value]
    for key in ("start", "end", "hosts", "slurm_job", "ended"):
        file[f"provenance/attempts/{key}"] = [""]
    file["provenance/libraries"] = "/lib/a.so\n/lib/b.so"


def write_run(folder, arm, seed, nodes=16, speed=1.0, machine_seed=0, source_nodes=None, **root_attributes):
    """One complete run file; `speed` scales its throughput, `machine_seed` changes its times only, `root_attributes` override root attributes."""
    science = np.random.default_rng([seed, nodes, sorted(VARIANTS).index(arm)])
    shared = np.random.default_rng([seed, nodes])  # what the arms of a seed have in common
    distances, lost, rounds, sent, _ = VARIANTS[arm]
    config = resolved(arm, seed, nodes)
    config_text = json.dumps(config, sort_keys=True)
    run_id = hashlib.sha256(config_text.encode()).hexdigest()[:16]
    steps = step_columns(arm, seed, nodes, speed, science)
    jitter = np.random.default_rng([seed, nodes, machine_seed, 7]).normal(1, 0.004)
    for key in steps:
        if key.endswith("_s"):
            steps[key] = steps[key] * jitter
    epoch = np.arange(1, EPOCHS + 1, dtype=float)
    final = 87 + shared.normal(0, 0.3) - lost * (nodes / 16) ** 0.5 + science.normal(0, 0.08)
    accuracy = final - 40 * np.exp(-epoch / 2.2) + 0.0 * epoch
    accuracy[-1] = final
    evaluations = {"step": (epoch * STEPS / EPOCHS).astype(int), "epoch": epoch, "test_accuracy_mean_model": accuracy,
                   "test_loss_mean_model": 3 - accuracy / 40, "train_loss_mean_model": np.full(EPOCHS, np.nan), "train_seconds": epoch * 2.0,
                   "test_accuracy_nodes": np.where(epoch[:, None] == EPOCHS, final - 0.4, np.nan) * np.ones((EPOCHS, nodes))}
    bounds = [(0, STEPS // 2 - 1), (STEPS // 2, 3 * STEPS // 4 - 1), (3 * STEPS // 4, STEPS - 1)]
    path = Path(folder) / f"{run_id}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs.update({"schema": "xibench-run", "schema_version": 1, "run_id": run_id, "name": "synthetic", "seed": seed,
                           "status": "complete", "outcome": "finished", "variant": arm, "final_model_sha256": "0" * 64, **root_attributes})
        file["config"] = config_text
        file["config_source"] = SWEEP.format(nodes=source_nodes or [nodes])
        for group, table in (("steps", steps), ("evaluations", evaluations)):
            for key, column in table.items():
                file[f"{group}/{key}"] = column
        xi = steps["consensus_distance"]
        phases = {"phase": [1, 2, 3], "first_step": [b[0] for b in bounds], "last_step": [b[1] for b in bounds], "topology": config["topology"]["name"],
                  "policy": config["control"]["policy"], "target": [np.nan] * 3, "target_source": [""] * 3,
                  "consensus_distance_mean": [xi[a:b + 1].mean() for a, b in bounds],
                  "consensus_distance_max": [xi[a:b + 1].max() for a, b in bounds],
                  "rounds": [int(steps["gossip_rounds"][a:b + 1].sum()) for a, b in bounds],
                  "bytes_sent": [int(steps["bytes_sent"][a:b + 1].sum()) for a, b in bounds]}
        for key, column in phases.items():
            file[f"phases/{key}"] = column
        summary = file.create_group("summary").attrs
        summary.update({"final_test_accuracy": final, "final_test_accuracy_nodes_mean": final - 0.4, "final_test_accuracy_nodes_min": final - 0.9,
                        "best_test_accuracy": accuracy.max(), "final_test_loss": 3 - final / 40,
                        "throughput_samples_per_s": float(np.median(steps["samples"] / steps["wall_s"])), "total_rounds": int(steps["gossip_rounds"].sum()),
                        "total_bytes_sent": int(steps["bytes_sent"].sum()), "total_gauge_bytes_sent": int(steps["gauge_bytes_sent"].sum()),
                        "total_decision_bytes_sent": float(steps["decision_bytes_sent"].sum()), "wall_s": float(steps["wall_s"].sum())})
        for k, mean in enumerate(phases["consensus_distance_mean"]):
            summary[f"mean_consensus_distance_phase_{k + 1}"] = mean
        file["nodes/node"], file["ranks/rank"], file["partition/class"] = np.arange(nodes), np.arange(1), np.arange(10)
        write_attempts(file)
        write_provenance(file)
        write_hints(file)
        write_scales(file)
    return path


def make_older(path):
    """As a file was before it said what was sent to measure and to decide."""
    with h5py.File(path, "r+") as file:
        del file["steps/decision_bytes_sent"], file["summary"].attrs["total_gauge_bytes_sent"], file["summary"].attrs["total_decision_bytes_sent"]


def write_sweep(folder, nodes=(16,), seeds=(1, 2, 3), variants=tuple(VARIANTS), **options):
    return [write_run(folder, variant, seed, n, source_nodes=list(nodes), **options) for n in nodes for variant in variants for seed in seeds]
