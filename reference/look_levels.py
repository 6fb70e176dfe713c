"""Levels of planned looks, a second time: which tail probability a result may have at each look of a group-sequential test, if all looks together are to be
wrong with a rate of alpha. The twin of harness/gap/looks.cpp, which integrates otherwise.

Z_k = S_k / sqrt(n_k) is standard normal, S_k the sum of n_k independent standard normal numbers. The bound c_k of look k is such that
P(|Z_1| < c_1, ..., |Z_{k-1}| < c_{k-1}, |Z_k| >= c_k) = spent(n_k / n_K) - spent(n_{k-1} / n_K), where spent(t) = 4 (1 - Phi(z / sqrt(t))), Phi(z) = 1 - alpha / 4:
the O'Brien-Fleming type of Lan and DeMets (Biometrika 70, 1983), half of alpha on either side.

look_levels.py ALPHA N_1 N_2 ...: prints one level a line."""

import sys

import numpy as np
from scipy.integrate import simpson
from scipy.optimize import brentq
from scipy.stats import norm


def spent(t, alpha):
    return 4 * norm.sf(norm.isf(alpha / 4) / np.sqrt(t))


def levels(pairs, alpha, points=4001):
    out, grid, density, before = [], None, None, 0
    for n, left in zip(pairs, [0, *pairs]):
        more = spent(n / pairs[-1], alpha) - (spent(left / pairs[-1], alpha) if left else 0)
        step = np.sqrt(n - left)

        def stopped(c):  # P(no look before stops, |S_n| >= c sqrt(n))
            edge = c * np.sqrt(n)
            if grid is None:
                return 2 * norm.sf(edge / step)
            return simpson(density * (norm.sf((edge - grid) / step) + norm.cdf((-edge - grid) / step)), x=grid)

        c = brentq(lambda c: stopped(c) / more - 1, 0.01, 30, xtol=1e-13)
        out.append(2 * norm.sf(c))
        new = np.linspace(-c * np.sqrt(n), c * np.sqrt(n), points)
        if grid is None:
            density = norm.pdf(new / step) / step
        else:
            density = np.array([simpson(density * norm.pdf((x - grid) / step) / step, x=grid) for x in new])
        grid = new
    return out


if __name__ == "__main__":
    print(*map(repr, map(float, levels([int(n) for n in sys.argv[2:]], float(sys.argv[1])))), sep="\n")
