"""Two sets of launches, and the tests that compare them: Mann and Whitney's below ten interleaved pairs, Wilcoxon's from ten on, which flips the
signs of the pairs' ranked differences. Both are one-sided and exact, ties included. A launch is one number, the logarithm of its seconds per
unit of work. The estimate is that of Hodges and Lehmann (1963), which belongs to both."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import mannwhitneyu, norm, rankdata, wilcoxon

PAIRED_FROM = 10
EXACT = 120  # launches in a set, up to which null distributions are counted out


def walsh(pairs):
    first, second = np.triu_indices(pairs.shape[-1])
    return (pairs[:, first] + pairs[:, second]) / 2


@dataclass
class Sample:
    """The launches of a cell; `paired`: the k-th of both sides were made one after the other."""

    old: np.ndarray
    new: np.ndarray
    paired: bool

    @property
    def by_pairs(self):
        return self.paired and len(self.old) >= PAIRED_FROM

    def differences(self):
        """What the estimate is the median of: means of two pairs, or new - old of all combinations, sorted."""
        if not self.by_pairs:
            return np.sort(np.subtract.outer(self.new, self.old).ravel())
        pairs = self.new - self.old
        return np.sort(walsh(pairs[None])[0])

    def scatter(self):
        """(standard deviation, degrees of freedom) of a pair's difference, or of a launch within its side."""
        if self.by_pairs:
            return float(np.std(self.new - self.old, ddof=1)), len(self.old) - 1
        degrees = len(self.old) + len(self.new) - 2
        squares = sum(float(np.sum((side - side.mean()) ** 2)) for side in (self.old, self.new))
        return (np.sqrt(squares / degrees) if degrees > 0 else float("nan")), degrees


@lru_cache(maxsize=4096)
def null_distribution(ranks, chosen):
    """P(sum = k) for doubled ranks: of `chosen` of them, or, where `chosen` is None, of those that get a plus, each with probability 1/2."""
    if chosen is None:
        counts = np.zeros(sum(ranks) + 1)
        counts[0] = 1
        for rank in ranks:
            shifted = counts / 2
            counts = counts / 2
            counts[rank:] += shifted[:len(counts) - rank]
        return counts
    table = np.zeros((chosen + 1, sum(sorted(ranks)[len(ranks) - chosen:]) + 1))
    table[0, 0] = 1
    for k, rank in enumerate(ranks):
        for size in range(min(k + 1, chosen), 0, -1):
            table[size, rank:] += table[size - 1, :table.shape[1] - rank]
    return table[chosen] / table[chosen].sum()


def doubled_ranks(values):
    return np.rint(2 * rankdata(values)).astype(int)


def p_slower(sample):
    """One-sided p of "new takes longer"."""
    if sample.by_pairs:
        pairs = sample.new - sample.old
        if len(pairs) > EXACT:
            return float(wilcoxon(pairs, alternative="greater", zero_method="pratt", method="approx").pvalue) if pairs.any() else 1.0
        ranks = doubled_ranks(np.abs(pairs))
        counted = ranks[pairs != 0]  # a difference of 0 keeps its rank and has no sign (Pratt 1959)
        return float(null_distribution(tuple(sorted(map(int, counted))), None)[ranks[pairs > 0].sum():].sum())
    if max(len(sample.old), len(sample.new)) > EXACT:
        return float(mannwhitneyu(sample.new, sample.old, alternative="greater", method="asymptotic").pvalue)
    ranks = doubled_ranks(np.concatenate([sample.new, sample.old]))
    return float(null_distribution(tuple(sorted(map(int, ranks))), len(sample.new))[ranks[:len(sample.new)].sum():].sum())


def holm(values):
    """p values that may be compared with one level, whatever their number."""
    order, adjusted, least = np.argsort(values), np.empty(len(values)), 0.0
    for k, index in enumerate(order):
        least = max(least, min(1.0, (len(values) - k) * values[index]))
        adjusted[index] = least
    return adjusted


@lru_cache(maxsize=4096)
def order_statistic(n_old, n_new, paired, level):
    """How many of the differences may lie at or below 0 with p < level; -1 where even none is not enough."""
    if paired:
        if n_old > EXACT:
            mean, deviation = n_old * (n_old + 1) / 4, np.sqrt(n_old * (n_old + 1) * (2 * n_old + 1) / 24)
            return int(np.floor(mean + norm.ppf(level) * deviation - 0.5))
        below = np.cumsum(null_distribution(tuple(range(2, 2 * n_old + 1, 2)), None)[::2])
    else:
        if max(n_old, n_new) > EXACT:
            mean, deviation = n_old * n_new / 2, np.sqrt(n_old * n_new * (n_old + n_new + 1) / 12)
            return int(np.floor(mean + norm.ppf(level) * deviation - 0.5))
        below = np.cumsum(null_distribution(tuple(range(2, 2 * (n_old + n_new) + 1, 2)), n_new)[n_new * (n_new + 1)::2])
    return int(np.searchsorted(below, level * (1 - 1e-9), side="left")) - 1


def interval(differences, sample):
    """95 % of the slowdown's logarithm, (-inf, inf) where there are too few launches."""
    k = order_statistic(len(sample.old), len(sample.new), sample.by_pairs, 0.025)
    return (float("-inf"), float("inf")) if k < 0 else (float(differences[k]), float(differences[-1 - k]))
