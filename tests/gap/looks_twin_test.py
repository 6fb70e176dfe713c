"""The levels of planned looks against their twin, reference/look_levels.py: looks_twin_test.py SOURCE BUILD."""

import json
import sys

sys.path.append(f"{sys.argv[1]}/tests")
import script  # noqa: E402

script.needs("scipy", script.XIBENCH)
sys.path[:0] = [str(script.SOURCE / "reference"), str(script.SOURCE / "analysis")]
import look_levels  # noqa: E402
import sequential_rates  # noqa: E402

SWEEP = """
name = "s"
delta = 0.5
[data]
dataset = "quadratic(dim = 2)"
[model]
name = "none"
[train]
batch_size = 1
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "ring"
"""


class Levels(script.FolderTest):
    def levels(self, looks):
        done = script.xibench("plan", self.spec(SWEEP), "--json", "--out", self.folder, "--set", f"looks={looks}")
        found = json.loads(done.stdout)["forecast"]["looks"]
        self.assertEqual([look["seeds"] for look in found], looks)
        return [look["level"] for look in found]

    def test_program_and_twin_integrate_differently_and_agree(self):
        # Both find bounds to 1e-12; the twin's Simpson rule of 4001 points over at most 5 standard deviations of a step each has an error below 1e-8.
        for looks in ([3, 4, 6, 8, 12, 16], [4, 6, 8], [2, 20], [2, 3, 100], [7]):
            for ours, twin in zip(self.levels(looks), look_levels.levels(looks, 0.05)):
                self.assertLess(abs(ours - twin), 1e-7 * twin, looks)

    def test_the_twin_has_the_published_bounds_of_two_and_five_equal_looks(self):
        from scipy.stats import norm

        # O'Brien-Fleming-type spending, two-sided 0.05, as gsDesign and ldbounds, both for R, print them: to three decimals
        for bounds in ([2.963, 1.969], [4.877, 3.357, 2.680, 2.290, 2.031]):
            looks = [2 * (k + 1) for k in range(len(bounds))]
            for level, bound in zip(look_levels.levels(looks, 0.05), bounds):
                self.assertAlmostEqual(norm.isf(level / 2), bound, delta=5e-4)

    def test_the_simulated_rate_of_wrong_verdicts_is_that_of_the_levels_and_peeking_has_more(self):
        # 0.054 of harness/gap/README.md, and 4 standard deviations of 0.05 in 4000 tables, sqrt(0.05 x 0.95 / 4000) = 0.0034
        looks = [3, 4, 6, 8, 12, 16]
        levels = self.levels(looks)
        self.assertLess(sequential_rates.rates(looks, levels, -0.5, 0.3, 4000, 1).wrong, 0.054 + 4 * 0.0034)
        self.assertGreater(sequential_rates.rates(looks, [0.05] * 6, -0.5, 0.3, 4000, 2).wrong, 0.054 + 4 * 0.0034)
        self.assertEqual(sequential_rates.rates(looks, levels, 0, 0.2, 4000, 3).wrong, 0)  # inside of the margin only "gap" is wrong
        self.assertGreater(sequential_rates.rates(looks, levels, 0, 0.2, 4000, 3).none, 0.99)


if __name__ == "__main__":
    script.main()
