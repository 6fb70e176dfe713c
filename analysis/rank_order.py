"""Does the consensus distance order the arms of a sweep by their gap? Spearman's rank correlation ρ of the two over the decentralized arms, seed by seed.

The arms of a seed share its data and its baseline, so seeds are the replicates and arms are not: a seed gives one ρ, and the mean of these has a t interval (Lorch
and Myers 1990, J. Exp. Psychol. Learn. Mem. Cogn. 16, 149), cut at ±1. What is averaged is ρ, not Fisher's z: z is infinite at ±1, which few arms often reach, and it
corrects a bias of pairs that are drawn at random, while the arms of a sweep are chosen. The 95 % are nominal: with five arms, eight seeds and a mean ρ of
0.91, the interval of ρ holds that mean in 9 of 10 cases, and the interval of z, with 1 cut to 0.9, in 4 of 10 (rank_order_test.py simulates it). Where all seeds have the same ρ there is no
interval: one without width would say that ρ is known.

A set of arms is compared at the seeds that all of them have, with a distance and a difference to the baseline of their cell. An arm without any such seed is left
out; so is a centralized one, which has no distance. Exact averaging is the distance 0. What rounding leaves of it, far below the largest distance of the set, counts
as 0 too, so such arms are tied."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cells import controlled_phase, distance_key

LEAST = 4        # arms of a set: three are in order by chance once in six times
ROUNDING = 1e-5  # of the largest distance; the curves of Ξ are cut there too
DIGITS = 9       # of a value: where differences agree in them, the rest is rounding


@dataclass
class Order:
    cells: list    # those whose arms are ranked together
    arms: int
    by_seed: dict  # seed -> ρ, where there is one

    @property
    def phase(self):
        return controlled_phase(self.cells[0])

    @property
    def mean(self):
        return float(np.mean(list(self.by_seed.values()))) if self.by_seed else None

    @property
    def interval(self):
        """95 %, of the mean; (None, None) without spread."""
        found = list(self.by_seed.values())
        if len(set(found)) < 2:
            return None, None
        low, high = self.mean + stats.t.ppf([0.025, 0.975], len(found) - 1) * stats.sem(found)
        return max(float(low), -1.0), min(float(high), 1.0)

    @property
    def text(self):
        low, high = self.interval
        return written(self.mean) + (f" [{written(low)}, {written(high)}]" if low is not None else "")


def written(rho):
    return "–" if rho is None else f"{rho:+.2f}".replace("-", "−")


def finite(value):
    return value is not None and math.isfinite(value)


def worse_by(value, base, metric):
    """How much worse than the baseline, so that differences that are equal but for rounding are tied."""
    size = max(abs(value), abs(base))
    return metric.loss(round(value - base, DIGITS - 1 - math.floor(math.log10(size)))) if size > 0 else 0.0


def arms_in(cell):
    """The ids of an arm's runs -> seed -> (Ξ, how much worse than the baseline). An arm that has two names is there once."""
    base, key, arms = next((row.final for row in cell.rows if row.baseline), {}), distance_key(cell), {}
    for row in cell.rows:
        runs = [run for run in row.runs if run.config["train"]["algorithm"] != "centralized" and finite(run.summary.get(key))]
        found = {run.seed: (run.summary[key], worse_by(row.final[run.seed], base[run.seed], cell.metric)) for run in runs
                 if finite(row.final.get(run.seed)) and finite(base.get(run.seed))}
        if found and not row.baseline:
            arms[tuple(sorted(run.id for run in runs))] = found
    return arms


def rank_correlation(distances, losses):
    """ρ with mid ranks; None where all distances or all losses are equal."""
    distances = [0.0 if x <= ROUNDING * max(distances) else x for x in distances]
    if len(set(distances)) < 2 or len(set(losses)) < 2:
        return None
    return round(float(stats.spearmanr(distances, losses)[0]), 12)  # of equal orders SciPy may say 0.9999999999999999


def order_of(cells):
    arms = list({ids: found for cell in cells for ids, found in arms_in(cell).items()}.values())
    seeds = sorted(set.intersection(*map(set, arms))) if arms else []
    found = {seed: rank_correlation(*zip(*(arm[seed] for arm in arms))) for seed in seeds}
    return Order(cells, len(arms), {seed: rho for seed, rho in found.items() if rho is not None})


def orders_of(cells):
    """Per phase: of the arms of all its cells together, where there are several, and of those of each cell. Sets of few arms are left out; [] where no set has a ρ."""
    found = []
    for phase in sorted(set(map(controlled_phase, cells))):
        mine = [cell for cell in cells if controlled_phase(cell) == phase and arms_in(cell)]
        groups = [mine] * (len(mine) > 1) + [[cell] for cell in mine]
        found += [order for order in map(order_of, groups) if order.arms >= LEAST]
    return found if any(order.by_seed for order in found) else []


def what_is_worse(metric):
    """Of a metric of which less is better, a rise."""
    return f"{'loss' if metric.higher else 'rise'} of {metric.words}"


def sentence(cells):
    """For a caption: ρ of all cells together, per phase where there are several. "" where there is none."""
    phases, said = sorted(set(map(controlled_phase, cells))), []
    all_of = {phase: sum(controlled_phase(cell) == phase and bool(arms_in(cell)) for cell in cells) for phase in phases}
    orders = [order for order in orders_of(cells) if order.by_seed and len(order.cells) == all_of[order.phase]]
    for order in orders:
        seeds = len(order.by_seed)
        said.append((f"phase {order.phase}: " if len(phases) > 1 else "") + f"{order.text} over {order.arms} arms, {seeds} seed{'s' if seeds > 1 else ''}")
    interval = " [95 % interval]" if any(order.interval[0] is not None for order in orders) else ""
    base = next((row.variant for cell in cells for row in cell.rows if row.baseline), "")
    return f" Spearman's ρ of Ξ with the {what_is_worse(cells[0].metric)} beside {base}, mean over seeds{interval}: {'; '.join(said)}." if said else ""
