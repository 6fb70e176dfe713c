"""`xibench run --until-decided`: looks that are planned, taken, recorded and judged: until_decided_test.py SOURCE BUILD."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "run"))
import support  # noqa: E402

support.needs("scipy")

SWEEP = (support.SOURCE / "tests/gap/looks.toml").read_text() + """
[[contrast]]
arm = "slow"
against = "near"
"""


class UntilDecided(support.SweepTest):
    SWEEP = SWEEP

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.done = subprocess.run(cls.words(cls.sweep, cls.out, more=("--until-decided",)), capture_output=True, text=True, check=False)

    def until(self, out, *more, status=0, spec=None, **way):
        return self.run_to_end(spec or self.sweep, out, more=("--until-decided", *more), status=status, **way).stderr

    def table(self, *places, status=0, form="json"):
        done = subprocess.run([support.XIBENCH, "gap", *map(str, places), "--format", form], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if form == "json" and status == 0 else done.stdout + done.stderr

    def comparisons(self, table):
        group = table["groups"][0]
        return {**{row["variant"]: row["difference"] for row in group["rows"] if row["difference"]}, **{f"{c['arm']} against {c['against']}": c["difference"] for c in group["contrasts"]}}

    def test_seeds_are_added_to_what_is_open_until_all_is_decided(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        said = re.findall(r"look (\d) of 4, at (\d) seeds", self.done.stderr)
        self.assertEqual(said[0], ("1", "3"))
        self.assertRegex(self.done.stderr, r"all verdicts and contrasts are decided: look [234] of 4")
        table = self.table(self.out)
        found = self.comparisons(table)
        self.assertEqual({d["verdict"] for d in found.values()} & {"undecided", "diverged"}, set())
        last = max(d["look"] for d in found.values())
        self.assertGreater(last, 1)
        self.assertLess(min(d["pairs"] for d in found.values()), max(d["pairs"] for d in found.values()), found)  # who was decided got no further seeds
        self.assertEqual([look["seeds"] for look in table["looks"]], [3, 4, 6, 8])
        for d in found.values():
            self.assertEqual(d["pairs"], table["looks"][d["look"] - 1]["seeds"])
        self.assertEqual(table["missing"], [])
        text = self.table(self.out, form="md")
        self.assertIn("- looks: planned at 3, 4, 6, 8 seeds", text)
        self.assertRegex(text, rf"- decided at look {last} of 4: ")
        self.assertNotIn("missing", text)

    def test_intervals_are_those_of_the_look_by_scipy(self):
        from scipy import stats

        table = self.table(self.out)
        for name, d in self.comparisons(table).items():
            level = table["looks"][d["look"] - 1]["level"]
            half = stats.t.ppf(1 - level / 2, d["pairs"] - 1) * d["sd"] / d["pairs"] ** 0.5
            for bound, expected in zip(d["interval_95"], (d["mean"] - half, d["mean"] + half)):
                self.assertAlmostEqual(bound, expected, delta=1e-6 * abs(half), msg=name)  # the quantile's own error

    def test_looks_are_in_run_files_and_kept_files_and_in_no_digest(self):
        table = self.table(self.out)
        runs = {run["id"]: run for row in table["groups"][0]["rows"] for run in row["runs"]}
        look_of = {1: 1, 2: 1, 3: 1, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4}
        for run in runs.values():
            self.assertEqual(run["look"], f"{look_of[run['seed']]} of 4 (at 3, 4, 6, 8 seeds)")
        kept = self.folder / "kept.json"
        subprocess.run([support.XIBENCH, "gap", self.out, "--keep", kept], capture_output=True, check=True)
        self.assertEqual({run["id"]: run["provenance"]["look"] for run in json.loads(kept.read_text())["runs"]}, {key: run["look"] for key, run in runs.items()})
        for form in ("md", "csv"):
            self.assertEqual(self.table(kept, form=form), self.table(self.out, form=form))
        plain = self.folder / "plain"
        self.run_to_end(self.spec(SWEEP.replace("looks = [3, 4, 6, 8]\n", "").replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6, 7, 8]")), plain)
        whole, mine = self.digests(plain), self.digests(self.out)
        self.assertEqual(mine, {key: whole[key] for key in mine})
        self.assertLess(len(mine), len(whole))
        self.assertEqual(self.table(plain)["looks"], [])  # made without looks, judged as a fixed sample

    def test_an_interruption_anywhere_and_every_way_of_running_give_the_same_looks(self):
        whole = self.digests(self.out)
        for name, keep in (("few", 2), ("some", len(whole) // 2), ("most", len(whole) - 1)):
            out = self.folder / name
            shutil.copytree(self.out, out)
            for path in sorted(out.glob("*/*.h5"))[keep:]:
                path.unlink()
            self.until(out)
            self.assertEqual(self.digests(out), whole, name)
        ways = {"jobs": {"more": ("--jobs", "2")}} | ({"ranks": {"ranks": 2}} if support.HAS_MPI else {})
        for name, way in ways.items():
            self.until(self.folder / name, *way.pop("more", ()), **way)
            self.assertEqual(self.digests(self.folder / name), whole, name)
            self.assertEqual(self.table(self.folder / name, form="csv").split("wall_s")[0], self.table(self.out, form="csv").split("wall_s")[0])

    def test_the_hours_end_with_checkpoints(self):
        spec = self.spec(support.LONG.format(epochs=10**6).replace('policy = "target(0.5)"', "").replace('seeds = [1]', 'seeds = [1, 2]\ndelta = 1') +
                         '[[variant]]\nname = "a"\nbaseline = true\n[[variant]]\nname = "b"\ntrain.lr = 0.04\n')
        said = self.until(self.folder / "out", "--max-hours", "0.0006", status=75, spec=spec)
        self.assertIn("the hours of --max-hours are spent: run again to go on", said)
        self.assertTrue(list((self.folder / "out").glob("*/*.checkpoint")), said)

    def test_a_budget_of_seeds_ends_with_what_is_open_and_another_one_goes_on(self):
        out = self.folder / "out"
        said = self.until(out, "--max-seeds", "4")
        self.assertRegex(said, r"look 2 of 4, at 4 seeds; open after it: .* against ")
        text = self.table(out, form="md")
        self.assertRegex(text, r"- open at look [12] of 4: ")
        self.assertEqual([look["seeds"] for look in self.table(out)["looks"]], [3, 4, 6, 8])  # the budget is no other plan, and makes no bound easier
        kept = self.folder / "kept.json"
        subprocess.run([support.XIBENCH, "gap", out, "--keep", kept], capture_output=True, check=True)
        self.until(out)
        self.assertEqual(self.digests(out), self.digests(self.out))
        elsewhere = self.folder / "elsewhere"  # on another machine, from what is kept
        self.until(elsewhere, "--kept", kept)
        self.assertEqual(self.digests(elsewhere).keys(), self.digests(self.out).keys() - {run["id"] for run in json.loads(kept.read_text())["runs"]})
        cut = lambda text: re.sub(r"\| +[0-9.]+ s \|", "|", text)  # seconds on the wall
        self.assertEqual(*(cut(self.table(*places, form="md")).split("rounds")[0] for places in ((elsewhere, kept), (self.out,))))

    def test_runs_count_by_their_id_whatever_sweep_or_arm_they_were_made_for(self):
        renamed = self.folder / "renamed.toml"
        renamed.write_text(SWEEP.replace('name = "s"', 'name = "renamed"').replace('"slow"', '"other"'))
        self.assertIn('name = "renamed"', renamed.read_text())
        kept, out = self.folder / "kept.json", self.folder / "out"
        subprocess.run([support.XIBENCH, "gap", self.out, "--keep", kept], capture_output=True, check=True)
        decided = re.search("all verdicts and contrasts are decided: .*", self.done.stderr)[0]
        for place in ("kept", "copied"):
            if place == "copied":
                shutil.copytree(next(self.out.iterdir()), out / "renamed")
            said = self.until(out, *(("--kept", kept) if place == "kept" else ()), spec=renamed)
            self.assertIn(decided, said)
            self.assertNotIn("runs to do", said)
        shutil.rmtree(out)
        (out / "renamed").mkdir(parents=True)
        shutil.copy(kept, out / "renamed" / "kept.json")  # is not named: run would not count it, so the look does not
        said = self.until(out, "--max-seeds", "3", spec=renamed)
        self.assertRegex(said, r"at 3 seeds: (\d+) of \1 runs to do")

    def test_an_arm_that_diverged_is_said_in_the_exit_status_every_time(self):
        spec = self.spec(SWEEP + '[[variant]]\nname = "wild"\ntrain.lr = 1e30\n')
        for _ in range(2):
            self.assertIn("can have no verdict, because runs diverged", self.until(self.folder / "out", "--max-seeds", "3", spec=spec, status=1))

    def test_a_plan_of_looks_does_not_change_when_results_are_there(self):
        for sets in (("--set", "looks=[3, 5]"), ("--set", "looks=[3, 4, 6, 8, 12]")):
            done = self.run_to_end(self.sweep, self.out, more=("--until-decided", *sets), status=2)
            self.assertRegex(done.stderr, r"looks: plans looks at 3, .*, but .*\.h5 was made for looks at 3, 4, 6, 8")
        later = self.folder / "later"
        shutil.copytree(self.out, later)
        spec = self.spec(SWEEP.replace("looks = [3, 4, 6, 8]\n", "looks = [2, 3, 9]\n").replace("[1, 2, 3]", "[1, 2, 9]"))
        self.run_to_end(spec, later)  # a run of another plan
        self.assertIn("keep that plan", self.table(later, status=2))
        without = self.folder / "without.toml"  # nor is it lost by a sweep file that says nothing of it, or by fewer seeds
        without.write_text(SWEEP.replace("looks = [3, 4, 6, 8]\n", ""))
        done = subprocess.run([support.XIBENCH, "gap", self.out, "--sweep", without, "--format", "json"], capture_output=True, text=True, check=True)
        self.assertEqual(self.comparisons(json.loads(done.stdout)), self.comparisons(self.table(self.out)))

    def test_seeds_that_are_added_without_a_plan_are_said(self):
        spec = self.spec(SWEEP.replace("looks = [3, 4, 6, 8]\n", ""))
        out = self.folder / "added"
        self.run_to_end(spec, out)
        self.assertNotIn("seeds were added", self.table(out, form="md"))
        self.run_to_end(spec, out, more=("--set", "seeds=[1,2,3,4,5]"))
        self.assertIn("- seeds were added: runs were made for 3, 5 seeds one after another", self.table(out, form="md"))
        self.assertEqual(self.table(out)["seeds_added"], [3, 5])
        self.assertEqual(self.table(self.out)["seeds_added"], [3, 4, 6, 8][:len(self.table(self.out)["seeds_added"])])

    def test_seeds_beyond_the_plan_and_before_the_first_look_have_no_word(self):
        more = self.folder / "more"
        self.run_to_end(self.sweep, more, more=("--set", "seeds=[1,2,3,4,5,6,7,8,9]", "--where", "variant=near"))
        self.run_to_end(self.sweep, more, more=("--set", "seeds=[1,2,3,4,5,6,7,8,9]", "--where", "variant=centralized"))
        self.run_to_end(self.sweep, more, more=("--set", "seeds=[1,2]", "--where", "variant=slower"))
        found = self.comparisons(self.table(more))
        self.assertEqual((found["near"]["verdict"], found["near"]["interval_95"]), ("undecided", [None, None]))
        self.assertIn("9 seeds in both arms, and the last planned look is at 8", found["near"]["why"])
        self.assertIn("2 seeds in both arms: the first look is at 3", found["slower"]["why"])

    def test_a_sweep_that_plans_no_looks_gets_the_ones_of_its_seeds_and_one_that_asks_for_no_verdict_is_refused(self):
        spec = self.spec(SWEEP.replace("looks = [3, 4, 6, 8]\n", ""))
        self.assertIn("look 1 of 6, at 3 seeds", self.until(self.folder / "out", "--max-seeds", "3", spec=spec))
        self.assertEqual([look["seeds"] for look in self.table(self.folder / "out")["looks"]], [3, 4, 6, 8, 12, 16])
        for text, key in ((SWEEP.replace("delta = 0.08\n", ""), "delta: is not there"), (SWEEP.replace("looks = [3, 4, 6, 8]", "looks = [3, 3]"), "looks: is no plan of looks")):
            self.assertIn(key, self.until(self.folder / "none", status=2, spec=self.spec(text)))
        for flags, key in ((("--max-seeds", "2"), "--max-seeds: 2 is less than the 3"), (("--max-hours", "-1"), "--max-hours"), (("--where", "seed=1"), "--until-decided: chooses")):
            self.assertIn(key, self.until(self.folder / "none", *flags, status=2))
        self.assertIn("--until-decided: is missing", self.run_to_end(self.sweep, self.folder / "none", more=("--max-seeds", "4"), status=2).stderr)

    def test_plan_says_how_many_seeds_it_will_probably_take_and_what_comes_next(self):
        out = self.folder / "out"
        plan = lambda *more: subprocess.run([support.XIBENCH, "plan", self.sweep, "--out", out, *more], capture_output=True, text=True, check=True).stdout
        self.assertIn("no results yet", plan())
        self.assertEqual(json.loads(plan("--next-look"))["state"], "runs")
        self.until(out, "--max-seeds", "3")
        forecast = json.loads(plan("--json"))["forecast"]
        self.assertEqual({one["comparison"] for one in forecast["comparisons"]}, {*(f"{a} against centralized" for a in ("half", "near", "slower", "slow")), "slow against near"})
        decided = {one["comparison"].removesuffix(" against centralized"): one for one in forecast["comparisons"]}
        final = self.comparisons(self.table(self.out))
        for name, one in decided.items():
            self.assertEqual(one["pairs"], 3)
            self.assertIn(one["seeds"], (None, 3, 4, 6, 8), name)
            if one["seeds"] is not None and one["verdict"] != "undecided":
                self.assertEqual((one["seeds"], final[name]["pairs"]), (3, 3))
        self.assertGreater(forecast["runs_left"], 0)
        self.assertRegex(plan(), r"runs are there, \d+ are probably left: .* one after another")
        following = json.loads(plan("--next-look"))
        self.assertEqual((following["state"], following["look"], following["seeds"]), ("runs", 2, [1, 2, 3, 4]))
        self.assertEqual(following["sets"], ["looks=[3,4,6,8]", "seeds=[1,2,3,4]"])
        self.until(out)
        self.assertEqual(json.loads(plan("--next-look"))["state"], "decided")


if __name__ == "__main__":
    support.main()
