"""An interrupted run goes on as if nothing had happened: equal digests, whoever stopped it, wherever it goes on; nothing half is ever counted."""

import gzip
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import support
from support import signal, time

try:
    import h5py
    import numpy as np
except ImportError:
    h5py = None

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
OFTEN = ("--checkpoint-minutes", "0.001")
KILLS = 50 if support.FULL else 5


# Some seconds of a network on images: 8 nodes, each with its shard.
IMAGES = """
name = "images"
seeds = [1]
[data]
dataset = "fashion-mnist"
limit = 4096
test_limit = 256
[model]
name = "mlp(32)"
[train]
nodes = 8
epochs = 20
batch_size = 8
lr = 0.1
"""


class Resume(support.RunTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        spec = Path(folder.name) / "long.toml"
        spec.write_text(support.LONG.format(epochs=12))
        subprocess.run(cls.words(spec, folder.name), capture_output=True, check=True)
        cls.expected = cls.digests(Path(folder.name))
        assert len(cls.expected) == 1

    def setUp(self):
        super().setUp()
        self.long = self.spec(support.LONG.format(epochs=12))  # 2,400 steps
        self.out = self.folder / "out"

    def begun(self, ranks=0, threads=1, more=OFTEN):
        """A run that has written its first checkpoint."""
        process = self.start(self.long, self.out, ranks, threads, more)
        self.wait_for_file(self.out, ".checkpoint", process)
        return process

    def file(self, suffix):
        """The file of the one run with this suffix, or None."""
        found = list(self.out.glob(f"*/*{suffix}"))
        return found[0] if found else None

    def test_a_stop_signal_ends_the_run_with_a_checkpoint_and_it_goes_on_anywhere(self):
        for ranks, threads, number in [(0, 1, signal.SIGUSR1), (0, 2, signal.SIGTERM), (0, 1, signal.SIGHUP), (3 if support.HAS_MPI else 0, 1, signal.SIGUSR1)]:
            process = self.begun(ranks, threads)
            process.send_signal(number)
            said = self.ended(process, 75)
            self.assertIn("interrupted: run again to go on", said)
            self.assertIsNone(self.file(".h5"))
            self.assertIsNotNone(self.file(".checkpoint"))
            self.assertIsNone(self.file(".lease"))
            self.assertEqual(self.status(self.long, self.out)[0]["state"], "interrupted")
            self.file(".checkpoint").rename(self.file(".checkpoint").with_suffix(".kept"))

            for others in [(2, 2), (0, 1)] if support.HAS_MPI else [(0, 2)]:
                for path in self.out.glob("*/*"):
                    if not path.name.endswith(".kept"):
                        path.unlink()
                kept = self.file(".kept")
                kept.with_suffix(".checkpoint").write_bytes(kept.read_bytes())
                done = self.run_to_end(self.long, self.out, *others)
                self.assertIn("goes on after step", done.stderr)
                self.assertEqual(self.digests(self.out), self.expected)
            shutil.rmtree(self.out)

    @unittest.skipUnless(h5py, "no h5py")
    def test_what_only_some_gauges_and_policies_record_is_kept_over_an_interruption(self):
        text = support.LONG.format(epochs=12).replace('policy = "target(0.5)"', 'policy = "dsgd-ac(after = 1, power = 1)"\ngauge = "displacement"')
        text = text.replace("momentum = 0.9", 'momentum = 0.9\nschedule = "cosine"')
        spec = self.spec(text)
        self.run_to_end(spec, self.folder / "whole")
        process = self.start(spec, self.out, more=OFTEN)
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(signal.SIGUSR1)
        self.assertIn("interrupted: run again", self.ended(process, 75))
        self.run_to_end(spec, self.out)

        self.assertEqual(self.digests(self.out), self.digests(self.folder / "whole"))
        with h5py.File(self.file(".h5")) as run:
            self.assertEqual(len(run["provenance/attempts/start"]), 2)
            for column in ("displacement", "mixing_strength"):
                self.assertTrue(np.isfinite(run["steps"][column][()]).all())

    def test_the_state_of_an_algorithm_is_kept_over_an_interruption(self):
        for name, more in support.ALGORITHMS.items():
            with self.subTest(name):
                variant = f'[[variant]]\nname = "{name}"\ntrain.algorithm = "{name}"\n{more}'
                spec = self.spec(support.LONG.format(epochs=4).replace("lr = 0.05", "lr = 0.01") + variant)
                whole, out = self.folder / "whole" / name, self.folder / "parts" / name
                self.run_to_end(spec, whole)
                process = self.start(spec, out, 2 if support.HAS_MPI else 0, more=OFTEN)
                self.wait_for_file(out, ".checkpoint", process)
                process.send_signal(signal.SIGUSR1)
                self.assertIn("interrupted: run again", self.ended(process, 75))
                self.assertIn("goes on after step", self.run_to_end(spec, out, threads=2).stderr)
                self.assertEqual(self.digests(out), self.digests(whole))

    def test_under_nohup_a_terminal_that_is_closed_changes_nothing(self):
        process = subprocess.Popen(["nohup", *self.words(self.long, self.out, more=OFTEN)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(300), 0)
        process.stderr.close()
        self.assertEqual(self.digests(self.out), self.expected)

    def test_a_run_does_not_end_for_messages_that_cannot_be_written(self):
        for jobs in ("1", "2"):
            with open("/dev/full", "wb", buffering=0) as full:
                words = self.words(self.long, self.out, more=("--progress", "plain", "--jobs", jobs))
                self.assertEqual(subprocess.run(words, stderr=full, check=False).returncode, 0)
            self.assertEqual(self.digests(self.out), self.expected)
            shutil.rmtree(self.out)

            process = self.start(self.long, self.out, more=("--progress", "plain", "--jobs", jobs))
            process.stderr.close()
            self.assertEqual(process.wait(300), 0)
            process.stdout.close()
            self.assertEqual(self.digests(self.out), self.expected)
            shutil.rmtree(self.out)

    def test_only_the_result_remains(self):
        process = self.begun()
        process.send_signal(signal.SIGTERM)
        self.ended(process, 75)
        self.run_to_end(self.long, self.out)

        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_no_resume_begins_anew(self):
        process = self.begun()
        process.send_signal(signal.SIGTERM)
        self.ended(process, 75)
        done = self.run_to_end(self.long, self.out, more=["--no-resume"])

        self.assertNotIn("goes on after", done.stderr)
        self.assertEqual(self.digests(self.out), self.expected)

    def lease(self):
        try:
            return self.file(".lease").read_text()
        except (AttributeError, FileNotFoundError):
            return ""

    def rank_0(self, process, stale):
        """Its pid, as its lease says it, which replaces the stale one of a killed process; None when it ended before."""
        while process.poll() is None:
            lease = self.lease()
            if lease not in ("", stale):
                return int(re.search("^pid (.*)$", lease, re.MULTILINE)[1])
            time.sleep(0.001)
        return None

    def kill(self, process, pid):
        if pid is None:
            return process.terminate()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def half_written(self, kind):
        return set(self.out.glob({"checkpoint": "*/*.checkpoint.*.new", "result": "*/*.h5.*.partial"}[kind]))

    def victim_at_its_moment(self, process, kind, ranks, moments, stale):
        """Whom to kill: the program, or one of its ranks, while it starts or at a random moment of its work; or rank 0 while it writes a checkpoint or
        the result, found out before, so that the kill follows at once."""
        if kind in ("checkpoint", "result"):
            before = self.half_written(kind)  # left by an earlier kill
            pid = self.rank_0(process, stale)
            while process.poll() is None and not self.half_written(kind) - before:
                pass
            return pid
        if kind == "start":
            time.sleep(moments.uniform(0, 1.5))
        else:
            begun = time.time_ns()
            while process.poll() is None and not any(path.stat().st_mtime_ns > begun for path in self.out.glob("*/*.checkpoint")):
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.2))
        alive = support.ranks_of(process) if ranks else [process.pid]
        return moments.choice(alive) if alive else None

    def check_killed_often(self, ranks):
        """SIGKILL at many moments, of the whole program or of one of its ranks; whatever is found after it is intact."""
        moments = random.Random(7)
        kinds = ["work", "checkpoint", "start", "work", "result"]
        resumed = 0
        caught = {"checkpoint": 0, "result": 0}  # kills that left such a file half written
        slow_disk = self.folder / "slow_disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", slow_disk, support.SOURCE / "tests" / "run" / "slow_disk.c", "-ldl"], check=True)
        for kill in range(KILLS):
            kind = kinds[kill % len(kinds)]
            left = self.half_written(kind) if kind in caught else set()
            stale = self.lease()
            process = self.start(self.long, self.out, ranks, 1, OFTEN, env={"LD_PRELOAD": str(slow_disk)} if kind in caught else None)
            pid = None
            try:
                pid = self.victim_at_its_moment(process, kind, ranks, moments, stale)
            except FileNotFoundError:  # a file that was just being replaced
                pass
            self.kill(process, pid)
            resumed += "goes on after step" in self.ended(process)
            for _ in range(100):  # mpirun may be gone some moments before the last of its ranks
                state = self.status(self.long, self.out)[0]["state"]
                if state != "running":
                    break
                time.sleep(0.1)
            if kind in caught:
                caught[kind] += bool(self.half_written(kind) - left)
            self.assertIn(state, ("complete", "interrupted", "missing"), f"after kill {kill}")
            gap = subprocess.run([support.XIBENCH, "gap", self.out], capture_output=True, text=True, check=False)
            if state == "complete":
                self.assertEqual(self.digests(self.out), self.expected)
                shutil.rmtree(self.out)
                continue
            self.assertFalse(list(self.out.glob("*/*.h5")))
            self.assertNotIn(" damaged", gap.stderr)
        self.assertGreater(resumed, KILLS // 3)  # or the kills came too early to mean anything
        self.assertGreater(sum(caught.values()), 0)
        self.assertGreaterEqual(min(caught.values()), KILLS // len(kinds) // 2, caught)  # all of them, unless this process had to wait for a processor
        done = self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.expected, done.stderr)
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_killed_at_random_moments(self):
        self.check_killed_often(ranks=0)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_a_rank_killed_at_random_moments_ends_all_and_the_run_goes_on(self):
        self.check_killed_often(ranks=3)

    @unittest.skipUnless(support.HAS_TORCH and FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_a_run_goes_on_with_the_data_it_began_with_or_not_at_all(self):
        shutil.copytree(FASHION_MNIST, self.folder / "other" / "fashion-mnist")
        labels = self.folder / "other" / "fashion-mnist" / "train-labels-idx1-ubyte.gz"
        data = gzip.decompress(labels.read_bytes())
        labels.write_bytes(gzip.compress(data[:8] + bytes(reversed(data[8:]))))
        spec = self.spec(IMAGES)
        process = self.start(spec, self.out, more=OFTEN)
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        begun = self.file(".checkpoint").read_bytes()
        other = ("--data", labels.parent.parent)
        said = self.run_to_end(spec, self.out, more=other, status=2).stderr

        self.assertIn("another train-labels-idx1-ubyte.gz than the one found now", said)
        self.assertIn("--no-resume", said)
        self.assertEqual(self.file(".checkpoint").read_bytes(), begun)
        self.run_to_end(spec, self.out)
        first = self.digests(self.out)
        self.file(".h5").unlink()
        self.run_to_end(spec, self.out, more=(*other, "--no-resume"))
        self.assertNotEqual(self.digests(self.out), first)

    def damage(self, path):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    def test_a_corrupt_checkpoint_is_found_out_and_the_one_before_it_is_used(self):
        process = self.begun()
        self.wait_for_file(self.out, ".previous", process)
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        self.damage(self.file(".checkpoint"))

        done = self.run_to_end(self.long, self.out)
        self.assertIn("corrupt", done.stderr)
        self.assertIn("used the one before it", done.stderr)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertIn("used the one before it", str(self.show(self.file(".h5"))["provenance"]))

    def test_a_good_checkpoint_outlives_the_corrupt_ones_after_it(self):
        process = self.begun()
        self.wait_for_file(self.out, ".previous", process)
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        good = self.file(".previous").read_bytes()
        self.damage(self.file(".checkpoint"))
        process = self.start(self.long, self.out, more=("--checkpoint-minutes", 60))
        self.wait_for_file(self.out, ".corrupt", process)
        process.send_signal(signal.SIGUSR1)  # saves once
        self.ended(process, 75)
        self.assertEqual(self.file(".previous").read_bytes(), good)
        self.damage(self.file(".checkpoint"))

        done = self.run_to_end(self.long, self.out)
        self.assertIn("used the one before it", done.stderr)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_when_no_checkpoint_is_intact_all_are_set_aside_and_the_run_begins_anew_and_says_so(self):
        process = self.begun()
        self.wait_for_file(self.out, ".previous", process)
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        for damaged in (".checkpoint", ".checkpoint.previous"):
            self.damage(next(self.out.glob(f"*/*{damaged}")))
        process = self.start(self.long, self.out, more=("--checkpoint-minutes", 60))
        self.wait_for_file(self.out, ".previous.corrupt", process)
        process.send_signal(signal.SIGUSR1)  # goes on later: the note has to come along
        said = self.ended(process, 75)
        self.assertRegex(said, r"checkpoint \S+\.checkpoint is corrupt .*\.previous is corrupt .*; set aside, the run begins anew")
        self.assertTrue(any(self.out.glob("*/*.checkpoint.corrupt")))

        self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertIn("the run begins anew", str(self.show(self.file(".h5"))["provenance"]))
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_an_only_checkpoint_that_is_damaged_keeps_no_array_waiting_for_a_person(self):
        process = self.begun()
        self.wait_for_file(self.out, ".checkpoint", process)
        process.kill()
        self.ended(process)
        for previous in self.out.glob("*/*.previous"):
            previous.unlink()
        path = self.file(".checkpoint")
        path.write_bytes(path.read_bytes()[:100])
        for ranks in (2,) if support.HAS_MPI else (0,):
            done = self.run_to_end(self.long, self.out, ranks)
            self.assertIn("is truncated", done.stderr)
            self.assertEqual(self.digests(self.out), self.expected)

    def test_a_clock_that_jumps_changes_nothing_but_dates(self):
        """Durations come from the monotonic clock: with the system clock going back an hour every few calls all of them stay positive."""
        source = support.SOURCE / "tests" / "run" / "jumping_clock.c"
        library = self.folder / "jumping_clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        for ranks in (0, 2) if support.HAS_MPI else (0,):
            process = self.start(self.long, self.out, ranks, more=(*OFTEN, "--stall-minutes", "0.5"), env={"LD_PRELOAD": str(library)})
            self.wait_for_file(self.out, ".checkpoint", process)
            self.assertIn(self.status(self.long, self.out)[0]["state"], ("running", "complete"))
            self.ended(process, 0)

            self.assertEqual(self.digests(self.out), self.expected)
            shown = self.show(self.file(".h5"))
            self.assertGreater(shown["summary"]["wall_s"], 0)
            self.assertLess(shown["summary"]["wall_s"], 1000)
            shutil.rmtree(self.out)


if __name__ == "__main__":
    support.main()
