"""The gate's tests against their definitions (all ways to label, all signs), and against scipy; power against launches that are drawn."""

import support
import itertools
import unittest

import numpy as np
from scipy.stats import mannwhitneyu, wilcoxon

from power import SIGNIFICANCE, log_time, loss, smallest_seen
from rank_tests import Sample, doubled_ranks, holm, interval, order_statistic, p_slower
from verdicts import Rule, judge


def sample(old, new, paired=True):
    return Sample(np.array(old, float), np.array(new, float), paired)


class RankTests(unittest.TestCase):
    def test_rank_sums_with_ties_are_counted_over_all_ways_to_label(self):
        for old, new in (([1, 2, 3, 3, 5], [3, 3, 4, 6, 6]), ([1, 1, 1], [1, 1, 2, 2]), ([4, 4], [4, 4])):
            ranks = doubled_ranks(old + new)
            seen = ranks[len(old):].sum()
            sums = [sum(ranks[list(chosen)]) for chosen in itertools.combinations(range(len(ranks)), len(new))]
            self.assertAlmostEqual(p_slower(sample(old, new)), np.mean(np.array(sums) >= seen), places=12)

    def test_signed_ranks_with_ties_and_zeros_are_counted_over_all_signs(self):
        pairs = np.array([0, 1, 1, -1, 2, 3, -3, 4, 0, 5, 5])
        ranks = doubled_ranks(np.abs(pairs)) * (pairs != 0)
        sums = [np.dot(signs, ranks) for signs in itertools.product((0, 1), repeat=len(pairs))]
        self.assertAlmostEqual(p_slower(sample(0 * pairs, pairs)), np.mean(np.array(sums) >= ranks[pairs > 0].sum()), places=12)

    def test_without_ties_they_are_scipys(self):
        random = np.random.default_rng(1)
        for n in (5, 8, 9):
            old, new = random.normal(size=(2, n))
            self.assertAlmostEqual(p_slower(sample(old, new)), mannwhitneyu(new, old, alternative="greater", method="exact").pvalue, places=12)
        for n in (10, 17, 30):
            old, new = random.normal(size=(2, n))
            self.assertAlmostEqual(p_slower(sample(old, new)), wilcoxon(new - old, alternative="greater", mode="exact").pvalue, places=12)

    def test_equal_launches_are_not_slower(self):
        for n in (5, 12, 200):
            self.assertEqual(p_slower(sample([3] * n, [3] * n)) >= 0.5, True)

    def test_significance_is_the_order_statistic_of_the_differences(self):
        random = np.random.default_rng(2)
        for n, k in itertools.product((4, 5, 9, 10, 15), range(200)):
            launches = sample(random.normal(size=n), random.normal(0.8, size=n))
            needed, differences = order_statistic(n, n, launches.by_pairs, 0.01), launches.differences()
            self.assertEqual(p_slower(launches) < 0.01, needed >= 0 and differences[needed] > 0)

    def test_four_launches_a_side_reach_no_hundredth_and_five_do(self):
        self.assertEqual(order_statistic(4, 4, False, 0.01), -1)
        self.assertEqual(order_statistic(5, 5, False, 0.01), 1)  # 2 of the 252 ways to label have at most one pair out of order

    def test_the_interval_holds_the_truth_in_95_of_100_cases_at_least(self):
        random = np.random.default_rng(3)
        for n in (6, 12):
            held = 0
            for _ in range(1000):
                launches = sample(random.normal(size=n), random.normal(0.5, size=n))
                low, high = interval(launches.differences(), launches)
                held += low <= 0.5 <= high
            self.assertGreaterEqual(held, 950 - 4 * np.sqrt(1000 * 0.95 * 0.05))  # four standard deviations of the count

    def test_holm(self):
        # By hand: 3 x 0.01, 2 x 0.02, 0.03 is raised to what came before.
        np.testing.assert_allclose(holm([0.03, 0.01, 0.02]), [0.04, 0.03, 0.04])
        self.assertEqual(list(holm([0.9, 0.8])), [1, 1])


class Power(unittest.TestCase):
    def test_the_smallest_slowdown_is_found_as_often_as_promised(self):
        random, rule, trials = np.random.default_rng(4), Rule(), 400
        for n, scatter in ((7, 0.02), (12, 0.04)):
            seen = smallest_seen(scatter * (1 if n < 10 else np.sqrt(2)), n, n, n >= 10, 1, rule.effect)
            found = 0
            for _ in range(trials):
                sets = [{"a": sample(random.normal(0, scatter, n), random.normal(log_time(seen), scatter, n))} for _ in range(2)]
                found += judge(sets[0], rule, sets[1])["a"].word == "REGRESSION"
            # Binomial, plus the 4,000 drawn sets that smallest_seen rests on.
            self.assertAlmostEqual(found / trials, 0.95, delta=4 * np.sqrt(0.95 * 0.05 * (1 / trials + 1 / 4000)))

    def test_slowdowns_and_logarithms(self):
        self.assertAlmostEqual(loss(np.log(2)), 0.5)
        self.assertAlmostEqual(loss(log_time(0.1)), 0.1)

    def test_the_least_effect_is_never_undercut(self):
        self.assertAlmostEqual(smallest_seen(1e-9, 6, 6, False, 1, 0.03), 0.03, places=6)

    def test_more_cells_need_more_launches(self):
        random = np.random.default_rng(5)
        launches = {name: sample(random.normal(0, 0.05, 12), random.normal(0, 0.05, 12)) for name in "abcdefghij"}
        needed = [judge({name: launches[name] for name in list(launches)[:count]}, Rule())["a"].pairs_needed for count in (1, 10)]
        self.assertGreater(needed[1], needed[0])
        self.assertLess(SIGNIFICANCE / 10, 2.0 ** -6)  # six launches a side could not do it: what is asked for has to depend on the cells

    def test_one_launch_a_side_shows_nothing(self):
        verdict = judge({"a": sample([0], [9])}, Rule())["a"]
        self.assertEqual((verdict.word, verdict.seen), ("cannot tell", float("inf")))

    def test_launches_that_scatter_pass_where_their_interval_excludes_the_slowdown(self):
        random, scatter = np.random.default_rng(6), 0.08
        noise = random.normal(0, scatter, (2, 12))
        faster, slower = (judge({"a": sample(noise[0], noise[1] + shift)}, Rule())["a"] for shift in (log_time(-0.5), log_time(0.05)))
        self.assertGreater(min(faster.seen, slower.seen), Rule().must_see)
        self.assertEqual((faster.word, slower.word), ("within noise", "cannot tell"))
        self.assertGreater(faster.low, 1 - Rule().must_see)
        self.assertLess(slower.low, 1 - Rule().must_see)

    def test_a_slowdown_that_must_be_seen_passes_in_one_case_of_forty_at_most(self):
        random, trials = np.random.default_rng(7), 200
        for n in (8, 14):
            passed = sum(judge({"a": sample(random.normal(0, 0.1, n), random.normal(log_time(0.1), 0.1, n))}, Rule())["a"].word == "within noise" for _ in range(trials))
            self.assertLessEqual(passed, 25 + 4 * np.sqrt(trials * 0.025 * 0.975))  # four standard deviations of the count


if __name__ == "__main__":
    support.main()
