"""Whole runs of networks on the stand-in for a GPU, whose memory is the host's, so that LibTorch computes there as on the CPU: a pass per node has the CPU's
bits for any number of ranks; the grouped pass has other sums, the same in every run. On a GPU only what is compared within one way can be the same."""

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests/run")
import support  # noqa: E402

support.needs("h5py")
import digest_test  # noqa: E402
import h5py  # noqa: E402
from recorded import science  # noqa: E402

sys.path.insert(0, f"{sys.argv[1]}/benchmarks/gpu")
from runs import kinks  # noqa: E402

STAND_IN = support.BUILD / "tests/xibench-stand-in"
support.needs(STAND_IN, support.BUILD / "libxibench_networks.so")
HAS_TORCH_CUDA = "torch_cuda" in subprocess.run(["ldd", support.BUILD / "libxibench_networks.so"], capture_output=True, text=True, check=True).stdout

CNN = digest_test.CNN
ONE = CNN[:CNN.index("[[variant]]")].replace('schedule = "steps(1)"', 'schedule = "constant"')  # D-SGD on a ring
RANKS = (0, *(() if not support.HAS_MPI else (2, 3, 7) if support.FULL else (3,)))


class Networks(support.RunTest):
    def run_on(self, spec, out, *more, program=STAND_IN, ranks=0, status=0, threads=1, **env):
        device = ["--device", "cuda"] if program == STAND_IN else []
        words = [*(support.mpirun(ranks) if ranks else []), str(program), "run", str(spec), "--out", str(self.folder / out), "--threads", str(threads), "--progress", "none", *device, *more]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **env})
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def same(self, a, b):
        self.assertEqual(a.keys(), b.keys())
        self.assertTrue(a)
        for variant in a:
            self.assertEqual({name for name in a[variant] if a[variant][name] != b[variant][name]}, set(), variant)

    def file_of(self, out):
        (path,) = (self.folder / out).glob("*/*.h5")
        return h5py.File(path)

    def refused(self, spec, *more, program=STAND_IN, status=2, **env):
        done = self.run_on(spec, "refused", *more, program=program, status=status, **env)
        lines = [line for line in done.stderr.splitlines() if line.startswith("xibench:") and not re.match(r"xibench: \d+ runs?: ", line)]
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def test_a_pass_per_node_has_the_bits_of_the_cpu_on_any_number_of_ranks(self):
        """BatchNorm, augmentation, a partition by class, validation, control; every variant, and evaluations with them."""
        spec = self.spec(CNN)
        self.run_on(spec, "cpu", program=support.XIBENCH)
        expected = science(self.folder / "cpu")
        self.assertEqual(len(expected), CNN.count("[[variant]]"))
        for ranks in RANKS:
            with self.subTest(ranks=ranks):
                self.run_on(spec, f"graph {ranks}", "--way", "graph", ranks=ranks, threads=2, XB_STAND_IN_DELAY_US="100" if ranks == 3 else "0")
                self.same(expected, science(self.folder / f"graph {ranks}"))
        self.run_on(spec, "nodes", "--way", "nodes")
        self.same(expected, science(self.folder / "nodes"))

    def test_the_grouped_pass_has_the_same_bits_in_every_run_and_the_losses_of_the_cpu_in_its_first_steps(self):
        spec = self.spec(ONE)
        self.run_on(spec, "cpu", program=support.XIBENCH)
        for out in ("a", "b"):
            self.run_on(spec, out)
        self.same(science(self.folder / "a"), science(self.folder / "b"))
        with self.file_of("cpu") as cpu, self.file_of("a") as cuda:
            losses = [file["steps/train_loss"][()] for file in (cpu, cuda)]
        # The first losses are of the same models on the same images: two passes in float, 6.5e-7 as tests/task/torch_replicas_test.cpp derives it. Later ones are of
        # models that a gradient moved whose sums, and ReLUs and max pools at their kinks, differ: kinks() of benchmarks/gpu/runs.py says by what share of it, and so of the step's change.
        self.assertLessEqual(abs(losses[0][0] - losses[1][0]), 1e-6 * losses[0][0])
        change = abs(losses[0][0] - losses[0][1])
        self.assertLessEqual(abs(losses[0][1] - losses[1][1]), kinks(6) * change + 1e-6 * losses[0][1])

    def test_a_run_that_was_interrupted_goes_on_and_ends_as_one_that_was_not(self):
        spec = self.spec(ONE.replace("epochs = 2", "epochs = 40"))
        for way, ranks in (("graph", 2 if support.HAS_MPI else 0), ("grouped", 0)):
            with self.subTest(way):
                self.run_on(spec, f"whole {way}", "--way", way)
                out = self.folder / f"interrupted {way}"
                words = [str(STAND_IN), "run", str(spec), "--out", str(out), "--threads", "1", "--progress", "none", "--device", "cuda", "--way", way, "--checkpoint-minutes", "0.002"]
                process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.started.append(process)
                self.wait_for_file(out, ".checkpoint", process)
                process.kill()
                process.communicate()
                self.assertFalse(list(out.glob("*/*.h5")), "it ended before it was killed: make it longer")
                done = self.run_on(spec, f"interrupted {way}", "--way", way, ranks=ranks)
                self.assertRegex(done.stderr, "goes on after step")
                self.same(science(self.folder / f"whole {way}"), science(out))

    def test_provenance_says_how_it_was_computed_and_a_change_of_it(self):
        spec = self.spec(ONE.replace("epochs = 2", "epochs = 40"))
        out = self.folder / "run"
        words = [str(STAND_IN), "run", str(spec), "--out", str(out), "--threads", "1", "--progress", "none", "--device", "cuda", "--way", "nodes", "--checkpoint-minutes", "0.002"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        self.wait_for_file(out, ".checkpoint", process)
        process.kill()
        process.communicate()
        self.run_on(spec, "run", "--way", "graph")
        with self.file_of("run") as file:
            provenance = file["provenance"].attrs
            self.assertRegex(provenance["way"], r"^nodes; from step \d+ on graph$")
            self.assertRegex(provenance["determinism"], "cudnn.deterministic = true, cudnn.benchmark = false, cudnn.allow_tf32 = false, cublas.allow_tf32 = false, CUBLAS_WORKSPACE_CONFIG = :4096:8")
            self.assertIn("torch_device_libraries", provenance)
            self.assertIn("gpu_driver", provenance)

    def test_precision_is_part_of_the_id_and_other_arithmetic(self):
        spec = self.spec(ONE)
        names, losses = {}, {}
        for precision in ("float32", "tf32", "bfloat16"):
            for way in ("grouped", "graph"):
                out = f"{precision} {way}"
                self.run_on(spec, out, "--way", way, "--set", f'train.precision="{precision}"')
                with self.file_of(out) as file:
                    names.setdefault(precision, set()).add(Path(file.filename).name)
                    losses[out] = file["steps/train_loss"][()]
                    self.assertEqual("cudnn.allow_tf32 = true" in file["provenance"].attrs["determinism"], precision == "tf32")
        self.assertEqual(len({name for of in names.values() for name in of}), 3)
        for way in ("grouped", "graph"):
            self.assertEqual(list(losses[f"tf32 {way}"]), list(losses[f"float32 {way}"]))  # a CPU has no tf32
            self.assertNotEqual(losses[f"bfloat16 {way}"][0], losses[f"float32 {way}"][0])
            self.assertAlmostEqual(losses[f"bfloat16 {way}"][0], losses[f"float32 {way}"][0], delta=0.03 * losses[f"float32 {way}"][0])  # as in torch_replicas_test.cpp

    def test_what_cannot_be_is_refused_in_one_sentence(self):
        spec = self.spec(ONE)
        self.assertRegex(self.refused(spec, "--way", "groups"), "--way: unknown way 'groups', did you mean 'grouped'")
        self.assertRegex(self.refused(spec, "--way", "graph", program=support.XIBENCH), "--way: graph applies to networks on a GPU, and these runs have none")
        for precision in ("tf32", "bfloat16"):
            self.assertRegex(self.refused(spec, "--set", f'train.precision="{precision}"', program=support.XIBENCH),
                             "train.precision: .*a CPU computes in float32 only.*or use --device cuda")
        quadratic = self.folder / "quadratic.toml"
        quadratic.write_text(support.QUADRATIC)
        self.assertRegex(self.refused(quadratic, "--set", 'train.precision="tf32"'), "the gradients of quadratic are computed on the host")
        self.assertRegex(self.refused(spec, status=2, CUBLAS_WORKSPACE_CONFIG=":0:0"), "CUBLAS_WORKSPACE_CONFIG: with :0:0 sums of cuBLAS may differ from run to run")
        for value, precision in (("0", "tf32"), ("1", "float32"), ("1", "tf32")):
            self.assertRegex(self.refused(spec, "--set", f'train.precision="{precision}"', NVIDIA_TF32_OVERRIDE=value),
                             rf"NVIDIA_TF32_OVERRIDE: with {value} cuBLAS and cuDNN ignore train.precision = '{precision}': unset it")
        self.run_on(spec, "without tf32", NVIDIA_TF32_OVERRIDE="0")

    @unittest.skipIf(HAS_TORCH_CUDA, "this LibTorch computes on GPUs")
    def test_a_libtorch_without_cuda_says_so(self):
        self.assertRegex(self.refused(self.spec(ONE), "--device", "cuda", program=support.XIBENCH),
                         "train.device: .*this build's LibTorch has no CUDA.*-DTorch_DIR=.*or use --device cpu")

    def test_too_little_memory_says_how_much(self):
        self.assertRegex(self.refused(self.spec(ONE.replace("width = 0.5", "width = 4")), status=1, XB_STAND_IN_MEMORY_MIB="1"), "cuda:0 has no memory for .* GiB more .*the run needs .* GiB in all")

    def test_where_libtorch_has_no_memory_the_same_is_said_and_what_was_done_is_kept(self):
        """Its own error, from a pass of each way, in the middle of a sweep: one sentence with what the run needs; without the limit the sweep goes on."""
        wide = ONE.replace("width = 0.5", "width = 8") + '[[variant]]\nname = "small"\nmodel.width = 0.5\n[[variant]]\nname = "wide"\n'
        spec = self.spec(wide)
        for way in ("grouped", "graph", "nodes"):
            for ranks in RANKS[:2] if way == "graph" or support.FULL else RANKS[:1]:
                with self.subTest(way, ranks=ranks):
                    out = f"{way} {ranks}"
                    done = self.run_on(spec, out, "--way", way, ranks=ranks, status=1, XB_STAND_IN_TORCH_MIB="2")
                    said = [line for line in done.stderr.splitlines() if "has no memory" in line]
                    self.assertIn(len(said), range(1, max(ranks, 1) + 1), done.stderr)  # of each rank that had none, before all were ended
                    for line in said:
                        self.assertRegex(line, r"^xibench: .*cuda:\d has no memory for the activations of \d nodes with 8 samples each, .* GiB beside models and data; the run needs 0\.\d\d GiB in all: spread the nodes over more GPUs .*xibench plan --device cuda shows")
                    self.assertNotRegex(done.stderr, "Tried to allocate|Exception raised")
                    self.assertEqual(len(list((self.folder / out).glob("*/*.h5"))), 1)  # the small one
        self.run_on(spec, "grouped 0")
        self.assertEqual(len(list((self.folder / "grouped 0").glob("*/*.h5"))), 2)

    def test_bench_and_plan(self):
        spec = self.spec(ONE)
        done = subprocess.run([STAND_IN, "bench", spec, "--device", "cuda", "--way", "graph", "--steps", "1", "--warmup", "0", "--threads", "1", "--json", "--progress", "none"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["measurements"][0]["task"]["way"], "graph")
        table = subprocess.run([STAND_IN, "plan", spec, "--device", "cuda"], capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertIn("GPU GiB", table[0])

    def test_the_memory_that_plan_says_is_the_formula(self):
        """Of harness/run/gpu_memory.hpp and harness/task/task_size.hpp, for a perceptron whose layers are counted by hand."""
        spec = self.spec(digest_test.MLP[:digest_test.MLP.index("[[variant]]")])
        for precision, value in (("float32", 4), ("bfloat16", 2)):
            done = subprocess.run([STAND_IN, "plan", spec, "--device", "cuda", "--json", "--set", f'train.precision="{precision}"'], capture_output=True, text=True, check=True)
            nodes, batch, images, pixels, largest, activations, parameters = 8, 8, 192 + 50, 64, 64, 64 + 24 + 10, 64 * 24 + 24 + 24 * 10 + 10
            rows = 4 * -(-parameters // 16) * 16 * (nodes * 3 + 1) + (192 << 20)  # models, gradients, momentum; the mean
            task = images * (pixels + 8) + 500 * (28 * pixels + 24 * largest)
            node = batch * (28 * pixels + 32) + value * batch * (activations + 4 * largest) + 16 * parameters
            self.assertEqual(json.loads(done.stdout)["runs"][0]["cost"]["gpu_bytes"], rows + task + nodes * node)


if __name__ == "__main__":
    support.main()
