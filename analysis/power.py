"""Which slowdown could launches have shown, and how many launches show a given one? By simulated sets with normal noise of the scatter that the
launches have. Slowdowns are fractions of speed lost: 0.1 is a ratio of 0.9."""

from functools import lru_cache

import numpy as np
from scipy.stats import chi2

from rank_tests import PAIRED_FROM, order_statistic, walsh

SIGNIFICANCE = 0.01
FOUND = 0.95  # how probably a slowdown is found that launches are said to be able to show
# The scatter of few launches is itself uncertain, and an estimate that is too small promises too much: power is judged at its upper bound at this
# confidence.
SCATTER_CONFIDENCE = 0.8
MOST = 1000   # pairs that are asked for
SCALED = 80   # launches from which errors are taken to fall with the square root of their number


def loss(log_ratio):
    """Slowdown of a logarithmic time ratio."""
    return 1 - np.exp(-log_ratio)


def log_time(slowdown):
    return -np.log1p(-slowdown)


@lru_cache(maxsize=512)
def needed_shifts(n_old, n_new, paired, level):
    """Of sets of launches with normal noise of deviation 1: the shift from which each is significant, and the error of its estimate."""
    count = min(4000, max(400, int(4e6 / (n_old * n_new))))
    random = np.random.default_rng([n_old, n_new])
    k = order_statistic(n_old, n_new, paired, level)
    if paired:
        differences = walsh(random.normal(size=(count, n_old)))
    else:
        differences = (random.normal(size=(count, n_new, 1)) - random.normal(size=(count, 1, n_old))).reshape(count, -1)
    centre = np.median(differences, axis=1)
    return (np.full(count, np.inf) if k < 0 else -np.partition(differences, k, axis=1)[:, k]), centre


def smallest_seen(scatter, n_old, n_new, paired, cells, effect):
    """The slowdown that launches with this scatter find with probability FOUND, in two sets one after the other, first in Holm's order."""
    large = max(n_old, n_new)
    shrink = min(1.0, SCALED / large)
    sizes = [max(1, int(n * shrink)) for n in (n_old, n_new)]
    significant_from, error = needed_shifts(*sizes, paired, SIGNIFICANCE / cells)
    root = np.sqrt(shrink) * scatter
    if not np.isfinite(significant_from).all() or not np.isfinite(root):
        return float("inf")
    shift = np.quantile(np.maximum(root * significant_from, log_time(effect) - root * error), np.sqrt(FOUND))
    return float(loss(shift))


def upper_scatter(deviation, degrees):
    return deviation * np.sqrt(degrees / chi2.ppf(1 - SCATTER_CONFIDENCE, degrees)) if degrees > 0 else float("nan")


def pairs_needed(sample, cells, rule):
    """Interleaved pairs after which a slowdown of must_see would be seen, if the machine stays as it was; 0: more than MOST."""
    scatter = upper_scatter(*sample.scatter())
    side, pair = (scatter / np.sqrt(2), scatter) if sample.by_pairs else (scatter, scatter * np.sqrt(2))
    if not np.isfinite(scatter):
        return PAIRED_FROM
    enough = lambda n: smallest_seen(pair if n >= PAIRED_FROM else side, n, n, n >= PAIRED_FROM, cells, rule.effect) <= rule.must_see
    for n in range(5, 2 * PAIRED_FROM):
        if enough(n):
            return n
    low, high = 2 * PAIRED_FROM - 1, 2 * PAIRED_FROM
    while not enough(high):
        low, high = high, 2 * high
        if low >= MOST:
            return 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high if high <= MOST else 0
