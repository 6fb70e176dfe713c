"""What is wrong is said in one message with its place and remedy, before anything is written; what fails leaves no result behind."""

import gzip
import json
import os
import resource
import shutil
import subprocess
import unittest
from pathlib import Path

import support

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
IMAGES = """
name = "images"
seeds = [1]
[data]
dataset = "fashion-mnist"
limit = 64
test_limit = 20
[model]
name = "logistic"
[train]
nodes = 4
epochs = 1
batch_size = 8
"""


class BadInput(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def test_all_mistakes_of_a_spec_come_in_one_message_and_nothing_is_created(self):
        text = support.QUADRATIC.replace("lr = 0.2", 'lr = "fast"\nmomentun = 0.9').replace("batch_size = 1", "batch_size = 0")
        text = text.replace('name = "quadratic"', 'name = "../quadratic"', 1)
        done = self.run_to_end(self.spec(text), self.out, status=2)

        for part in ("sweep.toml", "momentun", "did you mean train.momentum", "train.lr", "batch_size", "../quadratic"):
            self.assertIn(part, done.stderr)
        self.assertFalse(self.out.exists())

    def plan(self, text, *sets):
        words = [word for one in sets for word in ("--set", one)]
        return subprocess.run([support.XIBENCH, "plan", self.spec(text), *words], capture_output=True, text=True, check=False)

    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_what_whole_runs_show_is_said_at_once_with_the_line_of_each_key(self):
        text = IMAGES.replace('dataset = "fashion-mnist"', 'dataset = "fashion-mnist"\npartition = "dirichlet(0)"') + "nopes = 3\n"
        text += '[topology]\nname = "torus(3, 5)"\n'
        done = self.plan(text, "control.policy=rounds(-1)", "train.nodes=4000", "model.name=cnn(3)", "control.gauge=sketch(0)", "train.precision=bfloat16")

        self.assertEqual(done.returncode, 2)
        for line in ("sweep.toml:15: train.nopes: unknown key", "sweep.toml:6: data.partition: dirichlet", "sweep.toml:17: topology.name: ",
                     "--set: control.policy: ", "--set: train.nodes: 4000 but only", "--set: model.name: cnn", "--set: control.gauge: sketch(0)",
                     "--set: train.precision: "):
            self.assertEqual(done.stderr.count(line), 1, line + " in " + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 8, done.stderr)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_many_ranks_say_it_once_and_in_full(self):
        wrong = "".join(f"nonsense_{k} = {k}\n" for k in range(60))
        done = self.run_to_end(self.spec(support.QUADRATIC.replace("lr = 0.2", wrong)), self.out, ranks=3, status=2)

        for k in range(60):
            self.assertEqual(done.stderr.count(f"train.nonsense_{k}:"), 1, done.stderr)
        self.assertFalse(self.out.exists())

    def test_what_only_a_whole_run_shows_is_refused_before_it_begins(self):
        for key, said in [("train.nodes=8000", "nodes"), ('data.dataset="quadratik"', "quadratic"), ('topology.name="rign"', "ring"),
                          ('control.policy="target(-1)"', "target"), ("train.nope=1", "nope")]:
            done = self.run_to_end(self.spec(IMAGES if "nodes" in key else support.QUADRATIC), self.out, more=("--set", key), status=2)
            self.assertIn(said, done.stderr)
            self.assertFalse(self.out.exists(), key)

    def refused(self, text, *parts):
        done = self.run_to_end(self.spec(text), self.out, status=2)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertFalse(self.out.exists())

    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_the_critical_distance_of_a_network_needs_a_smoothness(self):
        critical = IMAGES + '[control]\npolicy = "critical"\n'
        self.refused(critical, "sweep.toml:15: control.policy: critical", "does not know L", "write critical(L = ...)")
        plan = subprocess.run([support.XIBENCH, "plan", self.spec(critical.replace('"critical"', '"critical(L = 10)"'))], capture_output=True, text=True, check=False)
        self.assertEqual(plan.returncode, 0, plan.stderr)

    def test_a_reference_that_is_not_measured_exactly_in_every_step_is_refused(self):
        fraction = 'control.policy = ["fraction(0.5)", "exact"]\n'
        with_line = lambda line: support.QUADRATIC.replace('control.policy = "target(0.3)"\n', fraction + line + "\n")
        for gauge in ("sketch(8)", "displacement", "none"):
            self.refused(with_line(f'control.gauge = "{gauge}"'), f"sweep.toml:23: control.gauge: {gauge} does not measure", 'write control.gauge = "exact"',
                         "the uncontrolled run is the reference of fraction(0.5) in phase 1")
        self.refused(with_line("control.measure_every = 2"), "sweep.toml:23: control.measure_every: with 2", "write control.measure_every = 1")
        self.refused(with_line('control.reference = "centralized"'), "sweep.toml:17: train.algorithm: centralized has a consensus distance of 0",
                     "variant 'centralized' is the reference of fraction(0.5)")
        self.refused(with_line('control.reference = "mixed"'), "control.policy: exact leaves a consensus distance of 0")
        # Under a target Ξ is measured exactly whatever the gauge is.
        held = with_line('control.reference = "held"') + '[[variant]]\nname = "held"\ncontrol.policy = "target(0.3)"\ncontrol.gauge = "none"\n'
        self.run_to_end(self.spec(held), self.out)

    def test_quasi_global_momentum_without_momentum_is_refused(self):
        self.refused(support.QUADRATIC.replace("lr = 0.2", 'lr = 0.2\nalgorithm = "qg-dsgdm"\nmomentum = 0\nnesterov = false'),
                     "sweep.toml:14: train.momentum: qg-dsgdm is about momentum", 'set momentum > 0, or algorithm = "dsgd"')

    def test_a_share_of_the_distance_that_the_first_step_does_not_have_is_refused(self):
        cta = support.QUADRATIC.replace("lr = 0.2", 'lr = 0.2\nalgorithm = "dsgd-cta"')
        plain = cta[:cta.index("[[variant]]")]
        self.assertIn("under dsgd-cta the distance of the first step is 0", self.plan(plain, "control.policy=fraction-of-start(0.5, 1)").stderr)
        self.assertEqual(self.plan(plain, "control.policy=fraction-of-start(0.5, 2)").returncode, 0)

    def test_push_sum_is_refused_where_it_means_nothing(self):
        text = support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")]
        star = ("topology.name=star", "topology.weights=push-sum")
        self.assertIn('choose weights whose rows sum to 1, or algorithm = "sgp"', self.plan(text, *star).stderr)
        self.assertEqual(self.plan(text, *star, "train.algorithm=sgp").returncode, 0)
        for policy, why in (('["rounds(1)", "exact"]', "sgp averages exactly before its first gossip only"), ("exact-every(2)", "exact-every(2) does neither"),
                            ("dsgd-ac(after = 1, power = 1)", "does neither")):
            self.assertIn(why, self.plan(text, *star, "train.algorithm=sgp", f"control.policy={policy}").stderr)

    def test_d2_on_a_matrix_with_eigenvalues_that_are_too_small_is_refused(self):
        d2 = support.QUADRATIC.replace("lr = 0.2", 'lr = 0.2\nalgorithm = "d2"')
        self.refused(d2, "sweep.toml:13: train.algorithm: d2 needs eigenvalues of W above -0.3333", "ring with uniform weights has -0.3333 at 8 nodes",
                     'set topology.weights = "lazy"')
        cube = '[topology]\nname = "hypercube"\nweights = "metropolis"\n[[variant]]'
        self.refused(d2.replace("[[variant]]", cube, 1), 'set topology.weights = "lazy-metropolis"')
        for varies in ('topology.name="directed-ring"', 'topology.name="one-peer-exponential"', 'topology.name="random-matching"'):
            self.assertIn("d2 diverges unless every step mixes with the same symmetric W", self.plan(d2[:d2.index("[[variant]]")], varies, "topology.weights=lazy").stderr)
        rarely = self.plan(d2[:d2.index("[[variant]]")], "control.policy=exact-every(3)", "topology.weights=lazy")
        self.assertIn("d2 diverges where exact-every(3)", rarely.stderr)
        self.assertEqual(self.plan(d2[:d2.index("[[variant]]")], "control.policy=target(0.3)", "control.min_rounds=2").returncode, 0)
        for remedy in ("topology.weights=lazy", "control.policy=exact-every(1)", "control.policy=rounds(2)", "control.policy=exact", "topology.name=complete", "train.nodes=7"):
            planned = self.plan(d2[:d2.index("[[variant]]")], remedy)
            self.assertEqual(planned.returncode, 0, planned.stderr)

    def test_fewer_rounds_at_most_than_at_least_are_refused(self):
        self.refused(support.QUADRATIC.replace("lr = 0.2", "lr = 0.2\n[control]\nmin_rounds = 5\nmax_rounds = 4"), "control.min_rounds: 5 is more than control.max_rounds, 4")

    def test_impossible_flags_are_refused(self):
        spec = self.spec(support.QUADRATIC)
        for more in [("--index", 99), ("--threads", 5000), ("--device", "tpu"), ("--jobs", 0), ("--progress", "loud"), ("--progress", "loud", "--jobs", 2),
                     ("--threads", 0), ("--threads", -3), ("--checkpoint-minutes", -1), ("--checkpoint-minutes", "nan"), ("--stall-minutes", "nan"), ("--out", ""), ("--all", "--index", 0)]:
            done = self.run_to_end(spec, self.out, more=more, status=2)
            self.assertTrue(done.stderr.strip(), more)
            self.assertFalse(list(self.out.glob("*/*")), more)

    def test_a_directory_below_a_file_cannot_be_written(self):
        (self.folder / "file").write_text("")
        done = self.run_to_end(self.spec(support.QUADRATIC), self.folder / "file" / "out", more=("--index", 0), status=2)

        self.assertIn("cannot create the output directory", done.stderr)
        self.assertIn("--out", done.stderr)

    @unittest.skipUnless(support.HAS_TORCH and FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_missing_and_truncated_data_are_named(self):
        spec = self.spec(IMAGES)
        empty = self.folder / "empty"
        empty.mkdir()
        done = self.run_to_end(spec, self.out, more=("--data", empty), status=2)
        self.assertIn(str(empty), done.stderr)

        data = self.folder / "data" / "fashion-mnist"
        shutil.copytree(FASHION_MNIST, data)
        images = next(data.glob("train-images*"))
        whole = images.read_bytes()
        images.unlink()
        for content, place in [(whole[: len(whole) // 2], images.name), (gzip.compress(gzip.decompress(whole)[:-1]), images.name)]:
            images.write_bytes(content)
            done = self.run_to_end(spec, self.out, more=("--data", data.parent), status=2)
            self.assertIn(place, done.stderr)
        self.assertFalse(list(self.out.glob("*/*.h5")))
        self.assertEqual(self.status(spec, self.out)[0]["state"], "failed")

    @unittest.skipUnless(support.HAS_MPI and support.HAS_TORCH and FASHION_MNIST.exists(), "built without MPI or LibTorch, or no dataset-fashion-mnist")
    def test_data_that_one_rank_cannot_read_end_all_ranks_with_its_error(self):
        spec = self.spec(IMAGES)
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
