"""Mistakes in a sweep file or on the command line are said in one message with place and remedy, before anything is written."""

import subprocess
import unittest

import support


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
        text = support.IMAGES.replace('dataset = "fashion-mnist"', 'dataset = "fashion-mnist"\npartition = "dirichlet(0)"') + "nopes = 3\n"
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
            done = self.run_to_end(self.spec(support.IMAGES if "nodes" in key else support.QUADRATIC), self.out, more=("--set", key), status=2)
            self.assertIn(said, done.stderr)
            self.assertFalse(self.out.exists(), key)

    def refused(self, text, *parts):
        done = self.run_to_end(self.spec(text), self.out, status=2)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertFalse(self.out.exists())

    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_the_critical_distance_of_a_network_needs_a_smoothness(self):
        critical = support.IMAGES + '[control]\npolicy = "critical"\n'
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

    def test_methods_that_there_are_not_are_refused(self):
        for method, said in [("lop", "did you mean 'loop'?"), ("auto(latency = -1)", "a latency is at least 0 seconds"), ("gram(1)", "does not take")]:
            text = support.QUADRATIC.replace("[train]", f'[control]\npolicy = "target(0.3)"\nmethod = "{method}"\n[train]')
            self.refused(text, "sweep.toml:10: control.method: ", said)

    def test_arguments_of_keys_without_use_are_checked_too(self):
        text = support.QUADRATIC.replace('control.policy = "target(0.3)"', 'control.policy = "rounds(2)"')
        self.assertEqual(self.plan(text, "control.method=auto", "control.otherwise=rounds(2)", "control.reference=centralized").returncode, 0)
        for given, said in [("control.method=auto(x=1)", "does not take"), ("control.method=gram(1)", "does not take"), ("control.otherwise=rounds(-1)", "rounds(-1)"),
                            ("control.otherwise=exact(1)", "does not take"), ("control.reference=nope", "unknown variant 'nope'")]:
            done = self.plan(text, given)
            self.assertEqual(done.returncode, 2, given)
            self.assertIn(f"--set: {given.split('=')[0]}: ", done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_weights_with_an_argument_are_a_mistake_of_their_own_key(self):
        said = self.plan(support.QUADRATIC, "topology.weights=uniform(1)").stderr
        self.assertIn("--set: topology.weights: unknown weights 'uniform(1)', did you mean 'uniform'?", said)
        self.assertEqual(len(said.splitlines()), 1, said)

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


if __name__ == "__main__":
    support.main()
