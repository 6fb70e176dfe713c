#!/usr/bin/env python3
"""The theory of Kong et al. 2021 beside what was measured: figures and tables from the runs of benchmarks/sweeps/theory-*.toml.
Exit status: 0 done, 2 bad usage or input."""

import argparse
import re
import sys
from pathlib import Path

from runs import RunFileError, find_runs

import h5py
import numpy as np

from cells import write_csv
import theory_figures

QUADRATIC = {"dim": 50, "L": 1, "mu": 0.1, "sigma": 1, "zeta": 0, "tilt": 0}  # defaults of harness/task/quadratic.hpp
ACCURACY = 0.01  # of the first f - f*: the steps to get there measure the rate
LATE = 0.2       # share of the run, at its end, that the final error is averaged over


# The formulas of reference/theory.hpp; tests/analysis/theory_test.py compares the two.

def mixing_parameter_of_rounds(p, k):
    """p_k = 1 - (1 - p)^k"""
    return 1 - (1 - p) ** k


def recursion_bound(distance2, p, lr, phi2, sigma2):
    """E Ξ²_{t+1} <= (1 - p/2) Ξ²_t + (12 (1 - p)/p) γ² (φ² + σ²)"""
    return (1 - p / 2) * distance2 + 12 * (1 - p) / p * lr**2 * (phi2 + sigma2)


def steady_state_bound(p, lr, phi2, sigma2):
    """24 (1 - p) γ² (φ² + σ²) / p², where the recursion stands still"""
    return 24 * (1 - p) * lr**2 * (phi2 + sigma2) / p**2


def typical_distance2(p, lr, phi2, sigma2):
    """(1 - p) γ² (φ²/p² + σ²/p): a scale, its constant set to 1"""
    return (1 - p) * lr**2 * (phi2 / p**2 + sigma2 / p)


def critical_distance2(lr, sigma2, L, n, gradient_norm2):
    """Γ² = γσ²/(Ln) + ‖∇f(x̄)‖²/(8L²)"""
    return lr * sigma2 / (L * n) + gradient_norm2 / (8 * L**2)


def problem(run):
    """The options of quadratic(...), L that of the steepest node."""
    text = run.config["data"]["dataset"]
    if not text.startswith("quadratic"):
        raise RunFileError(f"{run.path}: {text} is no quadratic: theory.py knows the constants of quadratic(...) only")
    given = {key: float(value) for key, value in re.findall(r"(\w+)\s*=\s*([-+.\deE]+)", text)}
    options = {key: given.get(key, default) for key, default in QUADRATIC.items()}
    return options | {"L_mean": options["L"], "L": options["L"] * (1 + options["tilt"])}


def mixing(run):
    """p of the first phase's matrix, which is the same in every round."""
    with h5py.File(run.path, "r") as file:
        graph = dict(file["topology/1"].attrs)
    if graph["period"] != 1:
        kind = f"has a period of {graph['period']} rounds" if graph["period"] else "is drawn anew in each round"
        raise RunFileError(f"{run.path}: {graph['name']} {kind}, and the bounds compared here are of a single step with a fixed matrix "
                           "(a round of a period has no mixing parameter, that of a random graph holds in the mean): leave this run out")
    if not np.isfinite(graph["p"]):
        raise RunFileError(f"{run.path}: the mixing parameter of {graph['name']} was not measured (too many nodes): leave this run out")
    return float(graph["p"])


def grouped(runs, key):
    groups = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return {name: sorted(members, key=lambda run: run.seed) for name, members in groups.items()}


def over_seeds(runs, column):
    return np.mean([run.steps[column] ** 2 for run in runs], axis=0)


def cell_of(run):
    return run.config["topology"]["name"][0], run.config["train"]["nodes"], run.config["train"]["lr"]


def distance_rows(runs):
    """Ξ per graph, n and γ in the second half of the run, and the worst step against the recursion, with the means over seeds."""
    rows = []
    for (topology, nodes, lr), members in grouped(runs, cell_of).items():
        p, sigma2 = mixing(members[0]), problem(members[0])["sigma"] ** 2
        distance2 = over_seeds(members, "consensus_distance")
        gradient2 = over_seeds(members, "minibatch_gradient_norm")  # E g² = φ² + σ²
        bound = recursion_bound(distance2[:-1], p, lr, gradient2[1:], 0)
        half = slice(len(distance2) // 2, None)
        rows.append({"topology": topology, "nodes": nodes, "lr": lr, "p": p, "seeds": len(members),
                     "measured": np.sqrt(distance2[half].mean()),
                     "typical": np.sqrt(typical_distance2(p, lr, max(gradient2[half].mean() - sigma2, 0), sigma2)),
                     "steady_state_bound": np.sqrt(steady_state_bound(p, lr, gradient2[half].max(), 0)),
                     "largest_share_of_recursion": np.max(distance2[1:] / bound)})
    return rows


def distance_curves(members):
    """Ξ of each seed, and the square root of the recursion's right-hand side, step by step."""
    p, lr = mixing(members[0]), members[0].config["train"]["lr"]
    distance2, gradient2 = over_seeds(members, "consensus_distance"), over_seeds(members, "minibatch_gradient_norm")
    bound = np.sqrt(recursion_bound(np.concatenate([[0.0], distance2[:-1]]), p, lr, gradient2, 0))
    return [run.steps["consensus_distance"] for run in members], np.sqrt(distance2), bound


def rounds_rows(runs):
    """Ξ²_after/Ξ²_before of a step with k rounds, over the second half of all seeds."""
    rows = []
    for (topology, policy), members in grouped(runs, lambda r: (r.config["topology"]["name"][0], r.config["control"]["policy"][0])).items():
        k, p = int(re.search(r"\d+", policy).group()), mixing(members[0])
        after, before = over_seeds(members, "consensus_distance"), over_seeds(members, "consensus_distance_before")
        half = slice(len(after) // 2, None)
        rows.append({"topology": topology, "rounds": k, "p": p, "measured": after[half].sum() / before[half].sum(),
                     "largest": np.max(after[half] / before[half]), "bound": 1 - mixing_parameter_of_rounds(p, k)})
    return sorted(rows, key=lambda row: (row["topology"], row["rounds"]))


def critical_of(run):
    """Γ_t of every step, from f(x̄) - f* evaluated in every step. With mu = L, ‖∇f‖² = 2L (f - f*)."""
    options, n = problem(run), run.config["train"]["nodes"]
    error = run.evaluations["test_loss_mean_model"]
    if options["mu"] != options["L_mean"] or len(error) != len(run.steps["step"]):
        raise RunFileError(f"{run.path}: Γ is known where mu = L and the model is evaluated in every step: run "
                           "benchmarks/sweeps/theory-critical.toml")
    return np.sqrt(critical_distance2(run.steps["lr"], options["sigma"] ** 2, options["L"], n, 2 * options["L_mean"] * error))


def factor_of(run):
    """The multiple of Γ that was enforced; 0 for centralized, NaN for plain gossip."""
    found = re.match(r"critical\((?:factor\s*=\s*)?([-+.\deE]*)", run.config["control"]["policy"][0])
    return 0.0 if run.config["train"]["algorithm"] == "centralized" else float(found.group(1) or 1) if found else float("nan")


def steps_to(run, accuracy):
    """Steps until f - f* is first at or below `accuracy`; NaN: never."""
    hit = np.flatnonzero(run.evaluations["test_loss_mean_model"] <= accuracy)
    return float(run.evaluations["step"][hit[0]]) if len(hit) else float("nan")


def late_error(run):
    error = run.evaluations["test_loss_mean_model"]
    return float(np.mean(error[-int(LATE * len(error)):]))


def critical_rows(runs):
    """Rate and final error per cell and arm, as means over seeds of ratios to the centralized run of the same seed."""
    rows = []
    for (tilt, nodes), cell in sorted(grouped(runs, lambda r: (-problem(r)["tilt"], r.config["train"]["nodes"])).items()):
        centralized = {run.seed: run for run in cell if run.config["train"]["algorithm"] == "centralized"}
        for variant, members in grouped(cell, lambda r: r.variants[0]).items():
            pairs = [(run, centralized[run.seed]) for run in members if run.seed in centralized]
            if not pairs:
                raise RunFileError(f"{members[0].path}: there is no centralized run of seed {members[0].seed} to compare with: "
                                   "run the whole sweep")
            goals = [ACCURACY * base.evaluations["test_loss_mean_model"][0] for _, base in pairs]
            late = slice(-int(LATE * len(members[0].steps["step"])), None)
            rows.append({"nodes": nodes, "tilt": -tilt, "arm": variant, "factor": factor_of(members[0]), "seeds": len(pairs),
                         "distance_over_critical": np.median([run.steps["consensus_distance"] / critical_of(run) for run, _ in pairs]),
                         "rounds_per_step": np.mean([run.steps["gossip_rounds"].mean() for run, _ in pairs]),
                         "reached": sum(np.isfinite(steps_to(run, goal)) for (run, _), goal in zip(pairs, goals)),
                         "steps_ratio": np.mean([steps_to(run, goal) / steps_to(base, goal) for (run, base), goal in zip(pairs, goals)]),
                         "final_error": np.mean([late_error(run) for run, _ in pairs]),
                         "final_error_ratio": np.mean([late_error(run) for run, _ in pairs]) /
                                              np.mean([late_error(base) for _, base in pairs]),
                         "late_distance_over_critical":
                             np.median([(run.steps["consensus_distance"] / critical_of(run))[late] for run, _ in pairs])})
    return sorted(rows, key=lambda r: (-r["tilt"], r["nodes"], np.isnan(r["factor"]), r["factor"]))


def crossing(rows, column, level):
    """The factor at which a column crosses `level`, between neighbours on a logarithmic axis; NaN where it does not."""
    held = [row for row in rows if row["factor"] > 0]
    for low, high in zip(held, held[1:]):
        if low[column] <= level < high[column]:
            share = (np.log(level) - np.log(low[column])) / (np.log(high[column]) - np.log(low[column]))
            return float(low["factor"] * (high["factor"] / low["factor"]) ** share)
    return float("nan")


def analyse(runs, out):
    """Writes what the runs allow; returns the captions."""
    captions, by_sweep = [], grouped(runs, lambda run: run.name)
    if members := by_sweep.get("theory-distance"):
        rows = distance_rows(members)
        write_csv(out / "distance.csv", rows)
        shown = max(rows, key=lambda row: row["typical"])
        same = grouped(members, cell_of)[shown["topology"], shown["nodes"], shown["lr"]]
        captions.append(theory_figures.distance(rows, shown, distance_curves(same), out / "distance"))
    if members := by_sweep.get("theory-rounds"):
        rows = rounds_rows(members)
        write_csv(out / "rounds.csv", rows)
        captions.append(theory_figures.rounds(rows, out / "rounds"))
    if members := by_sweep.get("theory-critical"):
        rows = critical_rows(members)
        write_csv(out / "critical.csv", rows)
        shown = rows[0]["tilt"], rows[0]["nodes"]
        curves = grouped([r for r in members if (problem(r)["tilt"], r.config["train"]["nodes"]) == shown], lambda r: r.variants[0])
        knees = {name: crossing([r for r in rows if (r["tilt"], r["nodes"]) == shown], *level)
                 for name, level in (("error", ("final_error_ratio", 2)), ("steps", ("steps_ratio", 1.1)))}
        captions.append(theory_figures.critical(rows, shown, curves, knees, out / "critical"))
    return captions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="directories with runs of theory-distance, theory-rounds, theory-critical")
    parser.add_argument("-o", "--out", required=True, type=Path,
                        help="where figures (PNG, SVG) and tables (CSV) go; made when it is not there")
    options = parser.parse_args()
    runs, problems = find_runs(options.places)
    for line in problems:
        print(f"theory: {line}", file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        captions = analyse(runs, options.out)
    except RunFileError as error:
        print(f"theory: {error}", file=sys.stderr)
        return 2
    if not captions:
        print(f"theory: no run of theory-distance, theory-rounds or theory-critical in {', '.join(options.places)}: run a sweep of "
              "benchmarks/sweeps/theory-*.toml first", file=sys.stderr)
        return 2
    print("\n".join(captions))
    return 2 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
