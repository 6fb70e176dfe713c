#!/usr/bin/env python3
"""How often verdicts of `xibench run --until-decided` are wrong, by simulation, as the table of harness/gap/README.md: sequential_rates.py [--tables N].
A row is looked at until its interval gives a verdict. Beside it: a fixed number of seeds, and plain 95 % intervals at the same looks (peeking)."""

import sys
from dataclasses import dataclass
from pathlib import Path

import libraries  # noqa: F401  # first
import numpy as np
from scipy import stats

sys.path.append(str(Path(__file__).resolve().parent.parent / "reference"))
import look_levels  # noqa: E402
from arguments import Parser, whole  # noqa: E402

DELTA, ALPHA, FIXED = 0.5, 0.05, 5
PLANS = ([3, 4, 6, 8, 12, 16], [4, 6, 8])
SPREADS, TRUTHS = (0.2, 0.3, 0.4), {"0": 0.0, "δ / 2": 0.5, "δ": 1.0, "2 δ": 2.0}


@dataclass
class Rates:
    """Shares of tables, and seeds on average."""
    gap: float
    none: float
    open: float
    wrong: float
    seeds: float


def noise(random, tables, seeds, skewed):
    """Of mean 0 and variance 1; skewed: an exponential less its mean, with its long tail towards losses."""
    return 1 - random.exponential(size=(tables, seeds)) if skewed else random.standard_normal((tables, seeds))


def rates(looks, levels, truth, spread, tables, seed, skewed=False):
    """Of rows whose differences have the mean `truth`; each is looked at after looks[k] seeds with the t interval of level levels[k], until that has a verdict."""
    differences = truth + spread * noise(np.random.default_rng(seed), tables, looks[-1], skewed)
    verdict, seeds = np.zeros(tables, dtype=int), np.full(tables, looks[-1])  # 1: gap, 2: no gap, 0: open
    for n, level in zip(looks, levels):
        seen = differences[:, :n]
        mean, half = seen.mean(axis=1), stats.t.ppf(1 - level / 2, n - 1) * seen.std(axis=1, ddof=1) / np.sqrt(n)
        now = np.where(np.abs(mean) - half > DELTA, 1, np.where(np.abs(mean) + half < DELTA, 2, 0))
        ends = (verdict == 0) & (now != 0)
        verdict[ends], seeds[ends] = now[ends], n
    gap, none = np.mean(verdict == 1), np.mean(verdict == 2)
    return Rates(gap, none, np.mean(verdict == 0), gap * (abs(truth) <= DELTA) + none * (abs(truth) >= DELTA), np.mean(seeds))


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("--tables", type=whole(1, 10**7), default=20000, help="rows per line (default: %(default)s)")
    tables = parser.parse_args().tables
    print("| looks at | spread | true difference | gap | no gap | open | a wrong word | wrong, skewed | seeds | 5 seeds: gap | no gap | wrong | peeking: wrong |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    seed = 0
    for looks in PLANS:
        levels = look_levels.levels(looks, ALPHA)
        for spread in SPREADS:
            for name, truth in TRUTHS.items():
                given = (-truth * DELTA, spread, tables)
                found, skewed = rates(looks, levels, *given, seed), rates(looks, levels, *given, seed + 1, skewed=True)
                fixed, peeking = rates([FIXED], [ALPHA], *given, seed + 2), rates(looks, [ALPHA] * len(looks), *given, seed + 3)
                seed += 4
                shares = (found.gap, found.none, found.open, found.wrong, skewed.wrong, found.seeds, fixed.gap, fixed.none, fixed.wrong, peeking.wrong)
                texts = [f"{value:.1f}" if value is found.seeds else f"{100 * value:.1f} %" for value in shares]
                print(f"| {', '.join(map(str, looks))} | {spread} | {name} | {' | '.join(texts)} |")


if __name__ == "__main__":
    main()
