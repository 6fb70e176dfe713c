"""Which cells are slower. A cell is red where p < 0.01 after Holm (1979) over the cells and its estimate is a slowdown of the least effect or more; the
verdict stands when a second set of launches is red too. It is "cannot tell" where the launches could not have shown a slowdown of `must_see` and their 95 %
interval does not exclude one."""

from dataclasses import dataclass

import numpy as np

from power import SIGNIFICANCE, loss, pairs_needed, smallest_seen, upper_scatter
from rank_tests import holm, interval, p_slower

RED, SUSPECTED, NOISE, DOUBT = "REGRESSION", "SUSPECTED", "within noise", "cannot tell"


@dataclass(frozen=True)
class Rule:
    effect: float = 0.03    # smallest slowdown that counts
    must_see: float = 0.10  # slowdown that launches have to be able to show before "within noise" may be said
    needs_second: bool = True


@dataclass
class Verdict:
    word: str
    ratio: float     # of speeds, new to old
    low: float       # its 95 % interval; NaN where so few launches have none
    high: float
    p: float         # after Holm
    old: int
    new: int
    by_pairs: bool
    scatter: float   # of one launch, relative
    seen: float      # smallest slowdown found with FOUND, second set included; inf: none
    pairs_needed: int  # interleaved pairs that show must_see; 0: more than MOST
    second: "Verdict | None" = None


def judge_set(samples, rule):
    """name -> verdict of one set of launches, for name -> sample."""
    verdicts = {}
    for (name, sample), p in zip(samples.items(), holm([p_slower(sample) for sample in samples.values()])):
        differences, sizes = sample.differences(), (len(sample.old), len(sample.new))
        low, high = interval(differences, sample)
        deviation, degrees = sample.scatter()
        seen = smallest_seen(upper_scatter(deviation, degrees), *sizes, sample.by_pairs, len(samples), rule.effect)
        estimate = float(np.median(differences))
        is_red = p < SIGNIFICANCE and loss(estimate) >= rule.effect
        excluded = np.isfinite(seen) and loss(high) < rule.must_see  # a slowdown of must_see passes here in at most 2.5 %; too few launches never pass
        word = RED if is_red else NOISE if excluded or seen <= rule.must_see else DOUBT
        verdicts[name] = Verdict(word, float(np.exp(-estimate)), float(np.exp(-high)), float(np.exp(-low)), float(p), *sizes, sample.by_pairs,
                                 deviation / (np.sqrt(2) if sample.by_pairs else 1), seen,
                                 max(sizes) if seen <= rule.must_see else pairs_needed(sample, len(samples), rule))
    return verdicts


def judge(first, rule, second=None):
    """name -> verdict. A cell that is red in the first set is looked at again in the second, if there is one."""
    verdicts = judge_set(first, rule)
    red = [name for name, verdict in verdicts.items() if verdict.word == RED]
    again = judge_set({name: second[name] for name in red if name in second}, rule) if second else {}
    for name in red if rule.needs_second else []:
        verdicts[name].second = again.get(name)
        verdicts[name].word = again[name].word if name in again else SUSPECTED
    return verdicts
