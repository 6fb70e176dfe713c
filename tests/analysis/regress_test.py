import support
import json
import os
import shutil
import tempfile
import xml.etree.ElementTree
from pathlib import Path

import h5py

import synthetic_runs

START = 1_790_000_000


def write_launches(folder, slowdown=0.0, count=12, scatter=0.01, cells=("a", "b"), first=0, paired=True):
    """Launches of Google Benchmark: OLD and NEW below `folder` alternate, with fixed scatter, the new ones slower in cell a."""
    for launch in range(count):
        for side in ("old", "new"):
            moment = START + 2 * (first + launch) + (side == "new") if paired else START + (first + launch if side == "old" else 9999 + launch)
            rows = []
            for k, name in enumerate(cells):
                wobble = scatter * (((launch + first) * (7 if side == "old" else 5) + 3 * k) % 11 - 5) / 3.2
                time = 100 * (1 + wobble) / (1 - slowdown if side == "new" and name == "a" else 1)
                rows.append({"name": name, "run_type": "iteration", "real_time": time, "time_unit": "us"})
            text = {"context": {"date": f"2026-09-21T{13 + moment % 86400 // 3600 % 10:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}+00:00", "host_name": "h", "num_cpus": 2},
                    "benchmarks": rows, "number": f"{first} {launch} {side}"}
            path = folder / side / f"{launch}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(text))
    return folder / "old", folder / "new"


class Regress(support.FolderTest):
    written = tempfile.TemporaryDirectory()

    def regress(self, *arguments):
        return support.program("regress.py", *arguments)

    def launches(self, name, count=6, speed=1.0, first=0, **options):
        """Written once and copied from then on: most tests begin with the same."""
        made = Path(self.written.name) / repr((count, speed, first, sorted(options.items())))
        for launch in range(first, first + count) if not made.exists() else ():
            for variant in ("centralized", "ring"):
                synthetic_runs.write_run(made / str(launch), variant, 1, speed=speed, machine_seed=launch, **options)
        return shutil.copytree(made, self.folder / name)


class RunFiles(Regress):
    def test_the_same_program_measured_again_passes(self):
        done = self.regress(self.launches("old"), self.launches("new", first=100))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("compared 2 of 2 cells: no regression", done.stdout)
        self.assertRegex(done.stdout, r"slowdowns from \d+\.\d % are found")
        self.assertIn("science: 12 runs the same bits, 0 not", done.stdout)

    def test_planted_slowdowns_of_a_tenth_and_of_half_the_speed_are_red_when_confirmed(self):
        old, again = self.launches("old"), self.launches("old again", first=200)
        for speed in (0.9, 0.5):
            new, new_again = self.launches(f"new {speed}", first=100, speed=speed), self.launches(f"new {speed} again", first=300, speed=speed)
            done = self.regress(old, new, "--confirm", again, new_again)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, rf"REGRESSION: ring, n = 16 .*ratio 0\.({'89|90' if speed == 0.9 else '49|50'}).*second set: ratio")

    def test_eight_launches_half_as_fast_are_red_in_files_without_a_checksum(self):
        done = self.regress(self.launches("old", 8), self.launches("new", 8, first=100, speed=0.5), "--one-set")
        self.assertEqual(done.returncode, 1, done.stdout)

    def test_a_slowdown_in_one_set_only_is_no_pass_and_no_regression(self):
        old, new = self.launches("old"), self.launches("new", first=100, speed=0.9)
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("SUSPECTED: ring", done.stdout)
        self.assertIn("a second set of launches has to confirm it", done.stdout)
        done = self.regress(old, new, "--confirm", self.launches("old again", first=200), self.launches("new again", first=300))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, "within noise: ring.*second set: ratio")

    def test_a_second_set_that_is_the_first_confirms_nothing(self):
        old, new = self.launches("old"), self.launches("new", first=100, speed=0.9)
        done = self.regress(old, new, "--confirm", old, new)
        self.assertEqual(done.returncode, 2)
        self.assertIn("24 launches of the second set are in the first", done.stderr)

    def test_a_speed_up_is_no_regression(self):
        self.assertEqual(self.regress(self.launches("old"), self.launches("new", first=100, speed=1.2)).returncode, 0)

    def test_the_threshold_decides_what_counts(self):
        old, new = self.launches("old"), self.launches("new", first=100, speed=0.9)
        self.assertEqual(self.regress(old, new, "--one-set", "--threshold", 15, "--must-see", 30).returncode, 0)
        self.assertEqual(self.regress(old, new, "--one-set", "--threshold", 5).returncode, 1)
        self.assertEqual(self.regress(old, new, "--threshold", 150).returncode, 2)

    def test_three_launches_cannot_tell_and_say_how_many_can(self):
        done = self.regress(self.launches("old", 3), self.launches("new", 3, first=100, speed=0.5))
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("cannot tell: ring", done.stdout)
        self.assertIn("no slowdown is found", done.stdout)
        self.assertRegex(done.stdout, r"make \d+ interleaved pairs to be able to show 10\.0 %")

    def copies(self, path, name, count):
        folder = self.folder / name
        folder.mkdir()
        for k in range(count):
            shutil.copy(path, folder / f"{k}.h5")
        return folder

    def test_copies_of_a_file_are_one_launch(self):
        slow = synthetic_runs.write_run(self.folder / "b", "ring", 1, speed=0.5, machine_seed=1)
        fast = synthetic_runs.write_run(self.folder / "a", "ring", 1)
        done = self.regress(self.copies(fast, "old", 6), self.copies(slow, "new", 6))
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertRegex(done.stdout, "cannot tell: ring.*1 and 1 launches")
        self.assertEqual(done.stderr.count("5 launches are copies of others"), 2)

    def test_a_launch_that_is_in_both_sets_says_nothing(self):
        path = synthetic_runs.write_run(self.folder / "a", "ring", 1)
        done = self.regress(path, self.copies(path, "new", 1))
        self.assertEqual(done.returncode, 2)
        self.assertIn("1 launches are in both sets", done.stderr)

    def test_nothing_in_common_is_an_error(self):
        old = self.launches("old", count=1)
        synthetic_runs.write_run(self.folder / "other", "ring", 1, nodes=64)
        done = self.regress(old, self.folder / "other")
        self.assertEqual(done.returncode, 2)
        self.assertIn("compared 0 of 2", done.stderr)

    def test_times_of_another_machine_are_not_compared(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        for path in new.rglob("*.h5"):
            with h5py.File(path, "a") as file:
                file["provenance"].attrs["threads"] = "64"
        self.assertEqual(self.regress(old, new).returncode, 2)

    def test_a_damaged_list_of_launches_is_refused_and_a_pipe_in_its_place_is_not_waited_for(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        damaged = old / "launches.json"
        damaged.write_text("[" * 100_000)
        done = self.regress(old, new)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 2), done.stderr[:2000])
        self.assertIn(f"{damaged}: is damaged (RecursionError", done.stderr)
        damaged.unlink()
        os.mkfifo(damaged)
        self.assertIn(f"{damaged}: is not a regular file: remove it", self.regress(old, new).stderr)

    def test_a_partial_file_is_refused(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        path = next(new.rglob("*.h5"))
        path.write_bytes(path.read_bytes()[:4000])
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 2)
        self.assertIn(path.name, done.stderr)


class Science(Regress):
    def runs(self, name, seeds=(1, 2, 3, 4), shift=0.0, bits=1, wobble=0.01):
        """One launch of each seed; with `bits` 1 the first loss is another, and the accuracy moves by `shift` and a little."""
        for seed in seeds:
            path = synthetic_runs.write_run(self.folder / name, "ring", seed, machine_seed=sum(map(ord, name)))
            with h5py.File(path, "a") as file:
                file["steps/train_loss"][3] += bits
                file["summary"].attrs["final_test_accuracy"] += shift + wobble * seed
        return self.folder / name

    def test_other_bits_with_the_same_accuracy_are_told_and_pass(self):
        done = self.regress(self.runs("old", bits=0), self.runs("new", shift=-0.1), "--must-see", 99)
        self.assertIn("not worse: ring", done.stdout)
        self.assertRegex(done.stdout, r"differs in steps/train_loss; accuracy -0\.10 points over 4 seeds, at least -0\.10 with 95 % confidence, margin 0\.5")
        self.assertNotEqual(done.returncode, 1, done.stdout)

    def test_a_loss_of_accuracy_beyond_the_margin_fails(self):
        done = self.regress(self.runs("old", bits=0), self.runs("new", shift=-2))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("WORSE: ring", done.stdout)
        self.assertIn("compared 1 of 1 cells: cannot tell about speed, WORSE", done.stdout)

    def test_another_percentage_is_called_by_its_name(self):
        old, new = self.runs("old", bits=0), self.runs("new")
        for folder, shift in ((old, 0.0), (new, 2.0)):
            for path in folder.rglob("*.h5"):
                with h5py.File(path, "a") as file:
                    file["summary"].attrs["final_test_word_error_rate"] = 20.0 + shift
                    for key, value in {"name": "word_error_rate", "unit": "percent", "better": "lower", "description": ""}.items():
                        file[f"metrics/{key}"] = [value]
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("WORSE: ring", done.stdout)
        self.assertIn("word error rate, lower is better, improvement -2.00 points over 4 seeds", done.stdout)
        self.assertNotIn("accuracy", done.stdout)

    def test_one_seed_with_other_bits_cannot_tell(self):
        done = self.regress(self.runs("old", seeds=(1,), bits=0), self.runs("new", seeds=(1,)))
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("it takes two seeds and more", done.stdout)

    def test_seeds_that_scatter_more_than_the_margin_cannot_tell(self):
        done = self.regress(self.runs("old", bits=0), self.runs("new", shift=-0.8, wobble=0.2))
        self.assertIn("cannot tell: ring, n = 16 (device cpu, ranks 1, threads 2): run ", done.stdout)
        self.assertEqual(done.returncode, 3)

    def test_other_bits_without_an_accuracy_fail(self):
        new = self.runs("new")
        for path in new.rglob("*.h5"):
            with h5py.File(path, "a") as file:
                del file["summary"].attrs["final_test_accuracy"]
        done = self.regress(self.runs("old", bits=0), new)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("SCIENCE DIFFERS: ring", done.stdout)


class Benchmarks(Regress):
    def test_interleaved_pairs_are_compared_pair_by_pair_from_ten_on(self):
        self.assertIn("12 pairs, signed ranks", self.regress(*write_launches(self.folder / "a")).stdout)
        self.assertIn("9 and 9 launches, rank sums", self.regress(*write_launches(self.folder / "b", count=9)).stdout)
        self.assertIn("12 and 12 launches, rank sums", self.regress(*write_launches(self.folder / "c", paired=False)).stdout)

    def test_one_slow_cell_of_two_is_red_and_the_other_is_not(self):
        first, second = write_launches(self.folder / "1", slowdown=0.1), write_launches(self.folder / "2", slowdown=0.1, first=60)
        done = self.regress(*first, "--confirm", *second)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("REGRESSION: a:", done.stdout)
        self.assertIn("within noise: b:", done.stdout)

    def test_scatter_that_hides_a_tenth_is_no_pass(self):
        done = self.regress(*write_launches(self.folder, scatter=0.12))
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertRegex(done.stdout, r"cannot tell: a: .*slowdowns from [2-9]\d\.\d % are found; make \d+ interleaved pairs")

    def test_the_formats_say_the_same(self):
        first, second = write_launches(self.folder / "1", slowdown=0.1, cells=("a", "b<|>")), write_launches(self.folder / "2", slowdown=0.1, first=60)
        names = {name: self.folder / name for name in ("json", "markdown", "junit")}
        done = self.regress(*first, "--confirm", *second, *(word for name, path in names.items() for word in (f"--{name}", path)))
        found = json.loads(names["json"].read_text())
        self.assertEqual((found["status"], done.returncode), (1, 1))
        self.assertEqual([(row["cell"], row["verdict"]) for row in found["speed"]], [("a", "REGRESSION"), ("b<|>", "within noise")])
        self.assertAlmostEqual(found["speed"][0]["ratio"], 0.9, delta=0.02)  # the planted slowdown, and the scatter of 1 %
        markdown = names["markdown"].read_text()
        self.assertIn("| 🔴 REGRESSION | a | 0.", markdown)
        self.assertIn(r"| 🟢 within noise | b&lt;\|&gt; |", markdown)
        suite = xml.etree.ElementTree.parse(names["junit"]).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("2", "1", "0"))
        self.assertEqual([case.get("name") for case in suite if case.find("failure") is not None], ["a"])

    def test_a_format_goes_to_stdout_alone(self):
        done = self.regress(*write_launches(self.folder), "--json", "-")
        self.assertEqual(json.loads(done.stdout)["status"], 0)
        self.assertIn("compared 2 of 2 cells", done.stderr)

    def test_a_format_that_cannot_be_written_is_said(self):
        done = self.regress(*write_launches(self.folder), "--junit", self.folder / "missing" / "x.xml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--junit", done.stderr)

    def test_a_cell_without_new_launches_is_named(self):
        old, _ = write_launches(self.folder / "1", cells=("a", "gone"))
        _, new = write_launches(self.folder / "2", cells=("a",))
        done = self.regress(old, new)
        self.assertIn("gone: has no launch in", done.stderr)
        self.assertIn("compared 1 of 2 cells", done.stdout)


if __name__ == "__main__":
    support.main()
