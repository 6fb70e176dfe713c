#!/usr/bin/env python3
"""Compares the theory of Kong et al. 2021 with measurements: writes figures and tables of the runs of benchmarks/sweeps/theory-*.toml. Exit status: 0 done, 2 bad
usage or input."""

import re
import sys
from pathlib import Path

import libraries  # noqa: F401  # first
from arguments import Parser
from messages import printable, say
from run_file import RunFileError, open_run
from run_sets import one_per_run, tell_passed_over, usable_runs

import numpy as np

from cells import write_csv
from theory_formulas import critical_distance2, mixing_parameter_of_rounds, recursion_bound, steady_state_bound, typical_distance2
import theory_figures

PROBLEMS = {"": "Quadratics", "-logistic": "Logistic regression"}  # what the name of a sweep ends with
ACCURACY = 0.01  # of the first f - f*: the steps to get there measure the rate
LATE = 0.2       # share of the run, at its end, that the final error is averaged over


class NotShown(RunFileError):
    """A sweep whose runs leave nothing to draw; the other sweeps are drawn."""


def known(run, column):
    """A column of /evaluations that only constructed problems have. Raises RunFileError where it was not recorded."""
    values = run.evaluations.get(column)
    if values is None or not np.isfinite(values).all() or "L" not in run.problem:
        raise RunFileError(f"{run.path}: the constants of {run.config['data']['dataset']} are not in it: the theory needs a constructed problem "
                           "(quadratic, logistic-synthetic), run by a version that records them")
    return values


def noise(run):
    """σ² at the mean model, over the second half of the run's evaluations."""
    values = known(run, "gradient_variance_mean_model")
    return float(np.mean(values[len(values) // 2:]))


def tilt(run):
    """How much the nodes' curvatures differ: an option of both problems."""
    found = re.search(r"tilt\s*=\s*([-+.\deE]+)", run.config["data"]["dataset"])
    return float(found.group(1)) if found else 0.0


def mixing(run):
    """p of the first phase's matrix, which is the same in every round."""
    with open_run(run.path) as file:
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
    for run in runs:
        if np.ptp(run.steps["lr"]) or len({(phase["topology"], phase["policy"]) for phase in run.phases}) > 1:
            raise RunFileError(f"{run.path}: the bounds are those of one learning rate, one graph and one policy, and this run changes them: leave it out")
        if not np.any(run.steps["consensus_distance"] > 0):
            raise NotShown(f"{run.path}: the consensus distance is 0 or was not measured (policy {run.phases[0]['policy']}), so there is nothing to compare: leave this run out")
    for (topology, nodes, lr), members in grouped(runs, cell_of).items():
        p, sigma2 = mixing(members[0]), np.mean([noise(run) for run in members])
        distance2 = over_seeds(members, "consensus_distance")
        gradient2 = over_seeds(members, "minibatch_gradient_norm")  # E g² = φ² + σ²
        bound = recursion_bound(distance2[:-1], p, lr, gradient2[1:], 0)
        half = slice(len(distance2) // 2, None)
        rows.append({"topology": topology, "nodes": nodes, "lr": lr, "p": p, "seeds": len(members), "sigma2": sigma2,
                     "zeta2": np.mean([run.problem["zeta2"] for run in members]),
                     "measured": np.sqrt(distance2[half].mean()),
                     "typical": np.sqrt(typical_distance2(p, lr, max(gradient2[half].mean() - sigma2, 0), sigma2)),
                     "steady_state_bound": np.sqrt(steady_state_bound(p, lr, gradient2[half].max(), 0)),
                     "largest_share_of_recursion": np.max(distance2[1:] / bound)})
    return sorted(rows, key=lambda row: (row["topology"], row["nodes"], row["lr"]))


def distance_curves(members):
    """Ξ of each seed, and the square root of the recursion's right-hand side, step by step."""
    p, lr = mixing(members[0]), members[0].config["train"]["lr"]
    distance2, gradient2 = over_seeds(members, "consensus_distance"), over_seeds(members, "minibatch_gradient_norm")
    bound = np.sqrt(recursion_bound(np.concatenate([[0.0], distance2[:-1]]), p, lr, gradient2, 0))
    return [run.steps["consensus_distance"] for run in members], np.sqrt(distance2), bound


def rounds_rows(runs):
    """Ξ²_after/Ξ²_before of a step with k rounds, over the second half of all seeds."""
    rows = []
    for run in runs:
        if not re.fullmatch(r"rounds\((q = )?\d+\)", run.config["control"]["policy"][0]):
            raise RunFileError(f"{run.path}: the contraction compared here is that of rounds(k), and this run has {run.config['control']['policy'][0]}: leave it out")
    for (topology, policy), members in grouped(runs, lambda r: (r.config["topology"]["name"][0], r.config["control"]["policy"][0])).items():
        k, p = int(re.search(r"\d+", policy).group()), mixing(members[0])
        after, before = over_seeds(members, "consensus_distance"), over_seeds(members, "consensus_distance_before")
        half = slice(len(after) // 2, None)
        rows.append({"topology": topology, "rounds": k, "p": p, "measured": after[half].sum() / before[half].sum(),
                     "largest": np.max(after[half] / before[half]), "bound": 1 - mixing_parameter_of_rounds(p, k)})
    return sorted(rows, key=lambda row: (row["topology"], row["rounds"]))


def critical_of(run):
    """Γ_t of every step, from ‖∇f(x̄)‖ and σ²(x̄) evaluated in every step, whatever the run's policy."""
    gradient, sigma2 = known(run, "gradient_norm_mean_model"), known(run, "gradient_variance_mean_model")
    if len(gradient) != len(run.steps["step"]):
        raise RunFileError(f"{run.path}: Γ is known in every step only where the model is evaluated in every step: run it with "
                           "evaluation.every = '1 steps'")
    return np.sqrt(critical_distance2(run.steps["lr"], sigma2, run.problem["L"], run.config["train"]["nodes"], gradient**2))


def factor_of(run):
    """The multiple of Γ that was enforced; 0 for centralized, NaN for plain gossip."""
    found = re.match(r"critical\((?:factor\s*=\s*)?([-+.\deE]*)", run.config["control"]["policy"][0])
    return 0.0 if run.config["train"]["algorithm"] == "centralized" else float(found.group(1) or 1) if found else float("nan")


def steps_to(run, accuracy):
    """Steps until f - f* is first at or below `accuracy`; NaN: never."""
    hit = np.flatnonzero(known(run, "suboptimality_mean_model") <= accuracy)
    return float(run.evaluations["step"][hit[0]]) if len(hit) else float("nan")


def late_error(run):
    error = known(run, "suboptimality_mean_model")
    return float(np.mean(error[-int(LATE * len(error)):]))


def critical_rows(runs):
    """Rate and final error per cell and arm, as means over seeds of ratios to the centralized run of the same seed."""
    rows = []
    for (tilted, nodes), cell in sorted(grouped(runs, lambda r: (-tilt(r), r.config["train"]["nodes"])).items()):
        centralized = {run.seed: run for run in cell if run.config["train"]["algorithm"] == "centralized"}
        for variant, members in grouped(cell, lambda r: r.variants[0]).items():
            pairs = [(run, centralized[run.seed]) for run in members if run.seed in centralized]
            if not pairs:
                raise RunFileError(f"{members[0].path}: there is no centralized run of seed {members[0].seed} to compare with: "
                                   "run the whole sweep")
            goals = [ACCURACY * known(base, "suboptimality_mean_model")[0] for _, base in pairs]
            late = slice(-int(LATE * len(members[0].steps["step"])), None)
            rows.append({"nodes": nodes, "tilt": -tilted, "L": np.mean([run.problem["L"] for run, _ in pairs]),
                         "sigma2": np.mean([noise(run) for run, _ in pairs]), "zeta2": np.mean([run.problem["zeta2"] for run, _ in pairs]),
                         "arm": variant, "factor": factor_of(members[0]), "seeds": len(pairs),
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


def distance(members, title, stem):
    """The table and the figure of one sweep of theory-distance, with the most distant cell over time."""
    rows = distance_rows(members)
    write_csv(stem.with_suffix(".csv"), rows)
    shown = max(rows, key=lambda row: row["typical"])
    same = grouped(members, cell_of)[shown["topology"], shown["nodes"], shown["lr"]]
    return theory_figures.distance(rows, shown, distance_curves(same), title, stem)


def critical(members, title, stem):
    """The table and the figure of one sweep of theory-critical, with the cell of the steepest tilt over time."""
    rows = critical_rows(members)
    write_csv(stem.with_suffix(".csv"), rows)
    shown = rows[0]["tilt"], rows[0]["nodes"]
    table = f"(the table {stem.with_suffix('.csv').name} is written)"
    if not any(np.isfinite(row["steps_ratio"]) for row in rows):
        least = min(np.min(known(run, "suboptimality_mean_model")) / known(run, "suboptimality_mean_model")[0] for run in members)
        raise NotShown(f"{members[0].path.parent}: no variant comes to {ACCURACY:.0%} of the first f - f* in all seeds, and the rate is measured by the steps to there; "
                       f"the nearest run comes to {least:.1%}: no figure {table}; train longer")
    if not any((row["tilt"], row["nodes"]) == shown and row["factor"] == 1 for row in rows):
        raise NotShown(f"{members[0].path.parent}: there is no run with control.policy = critical at n = {shown[1]}, tilt {shown[0]:g}: no figure {table}; run the whole sweep")
    curves = grouped([r for r in members if (tilt(r), r.config["train"]["nodes"]) == shown], lambda r: r.variants[0])
    knees = {name: crossing([r for r in rows if (r["tilt"], r["nodes"]) == shown], *level)
             for name, level in (("error", ("final_error_ratio", 2)), ("steps", ("steps_ratio", 1.1)))}
    return theory_figures.critical(rows, shown, curves, knees, title, stem)


def contraction(members, stem):
    """The table and the figure of theory-rounds."""
    rows = rounds_rows(members)
    write_csv(stem.with_suffix(".csv"), rows)
    return theory_figures.rounds(rows, stem)


def refuse_others(run):
    train = run.config["train"]
    if run.outcome != "finished":
        raise RunFileError(f"{run.path}: this run {run.outcome}, and the theory says nothing of such a run: leave it out")
    if train["weight_decay"]:
        raise RunFileError(f"{run.path}: the run has train.weight_decay = {train['weight_decay']:g}, and the f*, σ² and Γ that its file knows are those of the problem "
                           "without it: leave it out, or run it with train.weight_decay = 0")
    if train["algorithm"] not in ("dsgd", "centralized") or train["momentum"]:
        raise RunFileError(f"{run.path}: the bounds are those of D-SGD without momentum, and this run is {train['algorithm']} with momentum {train['momentum']:g}: "
                           "leave it out")


def analyse(runs, out, skip=None):
    """Writes what the runs allow, each sweep under its own name; returns the captions. Calls skip(sentence) for a sweep that leaves nothing to draw; without
    it that raises NotShown."""
    for run in runs:
        if run.name.startswith("theory-"):
            refuse_others(run)
    captions, by_sweep = [], grouped(runs, lambda run: run.name)

    def show(name, draw):
        if members := by_sweep.get(name):
            try:
                captions.append(draw(members))
            except NotShown as error:
                if not skip:
                    raise
                skip(str(error))

    for kind, title in PROBLEMS.items():
        show(f"theory-distance{kind}", lambda members, kind=kind, title=title: distance(members, title, out / f"distance{kind}"))
        show(f"theory-critical{kind}", lambda members, kind=kind, title=title: critical(members, title, out / f"critical{kind}"))
    show("theory-rounds", lambda members: contraction(members, out / "rounds"))
    return captions


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="directories with runs of the sweeps theory-*")
    parser.add_argument("-o", "--out", required=True, type=Path,
                        help="folder for figures (PNG, SVG) and tables (CSV); created if missing")
    options = parser.parse_args()
    runs, problems = usable_runs("theory", options.places)

    def skip(sentence):
        problems.append(sentence)
        say("theory", sentence)

    try:
        runs, passed_over = one_per_run(runs)
        tell_passed_over("theory", passed_over)
        options.out.mkdir(parents=True, exist_ok=True)
        captions = analyse(runs, options.out, skip)
    except OSError as error:
        say("theory", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2
    except RunFileError as error:
        say("theory", error)
        return 2
    if not captions and not problems:
        say("theory", f"no run of theory-distance, theory-rounds or theory-critical, nor of their -logistic, in {', '.join(options.places)}: run a sweep of "
                      "benchmarks/sweeps/theory-*.toml first")
        return 2
    for caption in captions:
        print(printable(caption))
    return 2 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
