"""Whole runs on the stand-in for a GPU: what is recorded of the science is the CPU's, to the last bit, for every algorithm, gauge and number of ranks, across
an interruption, with NCCL. Only the configuration names another device, and with it the id."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests/run")
import support  # noqa: E402

support.needs("h5py")
import digest_test  # noqa: E402
import h5py  # noqa: E402
from recorded import science  # noqa: E402

STAND_IN = support.BUILD / "tests/xibench-stand-in"
support.needs(STAND_IN)

MOMENTUM = "lr = 0.05\nmomentum = 0.5\nnesterov = true\nweight_decay = 0.01"
GAUGES = {name: support.QUADRATIC.replace("[[variant]]", f'[control]\ngauge = "{gauge}"\n[[variant]]', 1) for name, gauge in (("sketch", "sketch(16)"), ("displacement", "displacement"))}


class OnTheStandIn(support.RunTest):
    def run_on(self, program, spec, out, ranks=0, more=(), status=0, env=None):
        words = [*(support.mpirun(ranks) if ranks else []), str(program), "run", str(spec), "--out", str(out), "--threads", "1", "--progress", "none", *more]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def compare(self, text, worlds=(0,)):
        spec = self.spec(text)
        self.run_on(support.XIBENCH, spec, self.folder / "cpu")
        expected = science(self.folder / "cpu")
        self.assertEqual(len(expected), text.count("[[variant]]"))
        for ranks in worlds:
            out = self.folder / f"cuda {ranks}"
            self.run_on(STAND_IN, spec, out, ranks, ["--device", "cuda"])
            found = science(out)
            self.assertEqual(found.keys(), expected.keys())
            for variant, tables in expected.items():
                for name, data in tables.items():
                    self.assertEqual(found[variant][name], data, f"{variant}: {name}, {ranks} ranks")

    def test_quadratics_alone_and_on_several_ranks(self):
        self.compare(support.QUADRATIC, (0, *((2, 3) if support.HAS_MPI else ())))

    def test_every_algorithm(self):
        self.compare(support.OTHERS, (0, *((3,) if support.HAS_MPI else ())))

    def test_momentum_nesterov_and_weight_decay(self):
        self.compare(support.QUADRATIC.replace("lr = 0.2", MOMENTUM))

    def test_logistic_regression_at_its_critical_distance(self):
        self.compare(digest_test.LOGISTIC)

    def test_every_gauge(self):
        for gauge, text in GAUGES.items():
            with self.subTest(gauge):
                self.compare(text)
                for out in ("cpu", "cuda 0"):
                    shutil.rmtree(self.folder / out)

    def test_a_run_that_was_interrupted_goes_on_and_ends_as_one_that_was_not(self):
        spec = self.spec(support.WIDE.format(epochs=4))
        self.run_on(support.XIBENCH, spec, self.folder / "cpu")
        out = self.folder / "cuda"
        words = [str(STAND_IN), "run", str(spec), "--out", str(out), "--threads", "1", "--progress", "none", "--device", "cuda", "--checkpoint-minutes", "0.002"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        self.wait_for_file(out, ".checkpoint", process)
        process.kill()
        process.communicate()
        self.assertFalse(list(out.glob("*/*.h5")), "it ended before it was killed: make it longer")
        done = self.run_on(STAND_IN, spec, out, 2 if support.HAS_MPI else 0, ["--device", "cuda"])
        self.assertRegex(done.stderr, "goes on after step")
        cpu, cuda = (next(iter(science(self.folder / name).values())) for name in ("cpu", "cuda"))
        self.assertEqual({n for n in cpu if cpu[n] != cuda[n]}, set())

    def test_provenance_names_device_card_and_exchange(self):
        spec = self.spec(support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")])
        ranks = 2 if support.HAS_MPI else 0
        self.run_on(STAND_IN, spec, self.folder / "cuda", ranks, ["--device", "cuda"])
        with h5py.File(next((self.folder / "cuda").glob("*/*.h5"))) as file:
            provenance = file["provenance"].attrs
            self.assertEqual(provenance["device"], "cuda")
            self.assertRegex(provenance["gpu"], "^cuda:0, stand-in for a GPU, 4096 MiB" + (".*, exchange (by NCCL|through pinned host memory)" if ranks else ""))
            self.assertRegex(provenance["cuda"], r"^\d+\.\d+$")

    def test_a_file_that_asks_for_the_device_needs_no_flag_and_the_flag_outdoes_it(self):
        spec = self.spec(support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")].replace("lr = 0.2", 'lr = 0.2\ndevice = "cuda"'))
        self.run_on(STAND_IN, spec, self.folder / "a")
        self.run_on(STAND_IN, spec, self.folder / "b", more=["--device", "cpu"])
        self.run_on(STAND_IN, spec, self.folder / "c", more=["--device", "cuda:3"])
        name = [next((self.folder / out).glob("*/*.h5")).name for out in "abc"]
        self.assertEqual(name[0], name[2])  # the number of the GPU is no science
        self.assertNotEqual(name[0], name[1])

    def test_bench_and_plan(self):
        spec = self.spec(support.QUADRATIC)
        done = subprocess.run([STAND_IN, "bench", spec, "--device", "cuda", "--steps", "3", "--warmup", "1", "--threads", "1", "--json", "--progress", "none"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(json.loads(done.stdout)["machine"]["gpu"], "^cuda:0, stand-in")
        done = subprocess.run([STAND_IN, "plan", spec, "--device", "cuda"], capture_output=True, text=True, check=True)
        # 8 nodes x 2 matrices and the mean, rows of 112 floats; 192 MiB of sums and tables: 0.19 GiB
        self.assertRegex(done.stderr, r"GPU memory: 0\.19 GiB for the largest run")


if __name__ == "__main__":
    support.main()
