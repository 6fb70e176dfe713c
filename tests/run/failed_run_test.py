"""A run that cannot be computed or written leaves no result behind, says what it lacked, and does not keep other runs from being computed."""

import gzip
import json
import os
import resource
import shutil
import subprocess
import unittest

import support


class FailedRun(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    @unittest.skipUnless(support.HAS_TORCH and support.FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_missing_and_truncated_data_are_named(self):
        spec = self.spec(support.IMAGES)
        empty = self.folder / "empty"
        empty.mkdir()
        done = self.run_to_end(spec, self.out, more=("--data", empty), status=2)
        self.assertIn(str(empty), done.stderr)

        data = self.folder / "data" / "fashion-mnist"
        shutil.copytree(support.FASHION_MNIST, data)
        images = next(data.glob("train-images*"))
        whole = images.read_bytes()
        images.unlink()
        for content, place in [(whole[: len(whole) // 2], images.name), (gzip.compress(gzip.decompress(whole)[:-1]), images.name)]:
            images.write_bytes(content)
            done = self.run_to_end(spec, self.out, more=("--data", data.parent), status=2)
            self.assertIn(place, done.stderr)
        self.assertFalse(list(self.out.glob("*/*.h5")))
        self.assertEqual(self.status(spec, self.out)[0]["state"], "failed")

    @unittest.skipUnless(support.HAS_MPI and support.HAS_TORCH and support.FASHION_MNIST.exists(), "built without MPI or LibTorch, or no dataset-fashion-mnist")
    def test_data_that_one_rank_cannot_read_end_all_ranks_with_its_error(self):
        spec = self.spec(support.IMAGES)
        empty = self.folder / "empty"
        empty.mkdir()
        words = self.words(spec, self.out)
        both = [*support.mpirun(1), *words, ":", "-n", "1", *words, "--data", str(empty)]
        done = subprocess.run(both, capture_output=True, text=True, timeout=120, check=False)

        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(str(empty), done.stderr)
        self.assertIn(str(empty), self.status(spec, self.out)[0]["detail"])

    def limited(self, size):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        return limit

    def test_a_full_disk_fails_the_run_and_leaves_no_result(self):
        """Files of at most so many bytes: first no lease fits, then no heartbeat, then no checkpoint, then no run file."""
        spec = self.spec(support.QUADRATIC)
        for size, more, what in [(10, (), ".lease"), (200, (), ".json"), (4000, ("--checkpoint-minutes", "0"), ".checkpoint"), (4000, (), ".h5")]:
            done = self.run_to_end(spec, self.out, more=("--index", 1, *more), status=1, preexec_fn=self.limited(size))
            self.assertRegex(done.stderr, rf"cannot write \S*{what}")
            self.assertFalse(list(self.out.glob("*/*.h5")))
            self.assertFalse(list(self.out.glob("*/*.lease*")))
        self.assertEqual(self.status(spec, self.out)[1]["state"], "failed")
        self.assertIn("too large", self.status(spec, self.out)[1]["detail"])
        self.run_to_end(spec, self.out, more=("--index", 1))
        self.assertEqual(self.status(spec, self.out)[1]["state"], "complete")

    def test_a_run_that_fails_does_not_keep_the_others_from_running(self):
        spec = self.spec(support.QUADRATIC)
        (self.out / "quadratic").mkdir(parents=True)
        first = self.status(spec, self.out)[0]["id"]
        (self.out / "quadratic" / f"{first}.checkpoint").mkdir()
        done = self.run_to_end(spec, self.out, status=1)

        self.assertIn("3 done now", done.stderr)
        self.assertIn("1 failed", done.stderr)
        self.assertEqual([run["state"] for run in self.status(spec, self.out)], ["failed", "complete", "complete", "complete"])

    def test_a_rate_that_makes_everything_infinite_is_recorded_as_diverged(self):
        spec = self.spec(support.QUADRATIC.replace("lr = 0.2", "lr = 1e30"))
        for ranks in (0, 3) if support.HAS_MPI else (0,):
            out = self.folder / f"out {ranks}"
            done = self.run_to_end(spec, out, ranks, status=1)
            self.assertIn("has diverged", done.stderr)
            self.assertIn("step ", done.stderr)
            self.assertIn("3 diverged", done.stderr)
            states = {run["variants"][0]: run["state"] for run in self.status(spec, out)}
            self.assertEqual(states, {"centralized": "complete", "dsgd": "complete", "target": "failed", "mixed": "complete"})
            self.assertIn("step 0: the target distance", done.stderr)  # no control can hold models of this size to it
            self.assertEqual({self.show(path)["outcome"] for path in out.glob("*/*.h5")}, {"diverged"})
        self.assertEqual(len({str(self.digests(out)) for out in self.folder.glob("out *")}), 1)
        gap = subprocess.run([support.XIBENCH, "gap", self.folder / "out 0"], capture_output=True, text=True, check=False)
        self.assertIn("diverged", gap.stdout + gap.stderr)

    def test_a_run_whose_last_update_makes_everything_infinite_has_diverged_though_nothing_is_measured_after_it(self):
        sweep = support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")].replace("steps = 5", "steps = 1").replace("epochs = 4", "epochs = 1")
        spec = self.spec(sweep.replace("lr = 0.2", "lr = 1e39").replace('schedule = "steps(2)"', '[control]\ngauge = "none"'))
        done = self.run_to_end(spec, self.out, status=1)
        self.assertIn("step 0: the test loss at the end is not finite: the run has diverged", done.stderr)
        self.assertEqual([self.show(path)["outcome"] for path in self.out.glob("*/*.h5")], ["diverged"])

    def test_a_run_whose_reference_came_to_nothing_is_told_so_and_not_to_do_what_was_just_done(self):
        spec = self.spec(support.QUADRATIC.replace('control.policy = "target(0.3)"', 'control.policy = ["fraction(0.5)", "exact"]').replace("lr = 0.2", "lr = 1e30"))
        plan = json.loads(subprocess.run([support.XIBENCH, "plan", spec, "--json"], capture_output=True, text=True, check=True).stdout)["runs"]
        dependent = next(run for run in plan if "target" in run["variants"])
        reference = next(run for run in plan if run["id"] in dependent["needs"])
        for jobs in 1, 2:
            done = self.run_to_end(spec, self.out, more=("--index", reference["index"], "--index", dependent["index"], "--jobs", jobs), status=1)
            self.assertIn(f"needs the consensus distance of run {reference['id']}, which diverged", done.stderr)
            self.assertRegex(done.stderr, "1 diverged.*1 failed")
            shutil.rmtree(self.out)

            (self.out / "quadratic").mkdir(parents=True)
            (self.out / "quadratic" / f"{reference['id']}.checkpoint").mkdir()
            done = self.run_to_end(spec, self.out, more=("--index", reference["index"], "--index", dependent["index"], "--jobs", jobs), status=1)
            self.assertRegex(done.stderr, rf"needs the consensus distance of run {reference['id']}, which failed \(.*checkpoint")
            self.assertNotIn("--all", done.stderr)
            shutil.rmtree(self.out)

    def test_a_target_that_is_not_reached_is_told(self):
        spec = self.spec(support.QUADRATIC.replace("target(0.3)", "target(0.003)").replace("[[variant]]", "[control]\nmax_rounds = 2\n[[variant]]", 1))
        done = self.run_to_end(spec, self.out, more=("--where", "variant=target"))
        self.assertRegex(done.stderr, r"max_rounds = 2 did not reach the target distance in \d+ of 20 steps")
        shown = subprocess.run([support.XIBENCH, "show", next(self.out.glob("*/*.h5"))], capture_output=True, text=True, check=True).stdout
        self.assertIn("not reached in", shown)

    def test_a_result_that_may_not_be_read_is_left_alone(self):
        spec = self.spec(support.QUADRATIC)
        self.run_to_end(spec, self.out, more=("--index", 0))
        result = next(self.out.glob("*/*.h5"))
        result.chmod(0)
        as_nobody = {"user": 65534} if os.geteuid() == 0 else {}  # root may read everything
        for folder in (self.folder, self.out, result.parent):
            folder.chmod(0o777)
        if as_nobody and subprocess.run(["test", "-x", support.XIBENCH], **as_nobody, check=False).returncode != 0:
            self.skipTest("another user cannot get at the program")
        done = self.run_to_end(spec, self.out, more=("--index", 0), status=1, **as_nobody)
        self.assertIn("Permission denied; ask for the right to read it", done.stderr)
        self.assertEqual([path.name for path in result.parent.iterdir()], [result.name])

    def test_one_bad_file_costs_one_run_with_jobs_too(self):
        spec = self.spec(support.QUADRATIC)
        self.run_to_end(spec, self.folder / "other", more=("--index", 1))
        runs = self.status(spec, self.out)
        (self.out / "quadratic").mkdir(parents=True)
        shutil.copy(self.folder / "other" / "quadratic" / f"{runs[1]['id']}.h5", self.out / "quadratic" / f"{runs[0]['id']}.h5")
        done = self.run_to_end(spec, self.out, more=("--jobs", 2), status=1)

        self.assertIn("3 done now, 0 complete before, 1 failed", done.stderr)
        self.assertIn("holds another run than its name says", done.stderr)
        self.assertEqual([run["state"] for run in self.status(spec, self.out)], ["failed", "complete", "complete", "complete"])

    def test_a_target_taken_from_a_run_that_is_missing_says_which(self):
        text = support.QUADRATIC.replace('control.policy = "target(0.3)"', 'control.policy = ["fraction(0.5)", "exact"]')
        spec = self.spec(text)
        index = next(run["index"] for run in self.status(spec, self.out) if "target" in run["variants"])
        done = self.run_to_end(spec, self.out, more=("--index", index), status=2)

        self.assertIn("needs the consensus distance of run", done.stderr)
        self.assertIn("--all", done.stderr)

        self.run_to_end(spec, self.out)
        self.assertEqual({run["state"] for run in self.status(spec, self.out)}, {"complete"})


if __name__ == "__main__":
    support.main()
