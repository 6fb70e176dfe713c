"""An interrupted run goes on as if nothing had happened: equal digests, whoever stopped it, wherever it goes on; nothing half is ever counted."""

import gzip
import shutil
import subprocess
import unittest

import support
from long_run import OFTEN, LongRun
from support import signal


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


class Resume(LongRun):
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
            kept = self.folder / f"kept-{ranks}-{threads}-{number}"
            kept.mkdir()
            for path in [self.file(".checkpoint"), *self.out.glob("*/*.rows")]:  # nothing else is needed
                shutil.copy(path, kept)
            place = self.file(".checkpoint").parent

            for others in [(2, 2), (0, 1)] if support.HAS_MPI else [(0, 2)]:
                shutil.rmtree(self.out)
                shutil.copytree(kept, place)
                done = self.run_to_end(self.long, self.out, *others)
                self.assertIn("goes on after step", done.stderr)
                self.assertEqual(self.digests(self.out), self.expected)
            shutil.rmtree(self.out)

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

    @unittest.skipUnless(support.HAS_TORCH and support.FASHION_MNIST.exists(), "built without LibTorch, or no dataset-fashion-mnist")
    def test_a_run_goes_on_with_the_data_it_began_with_or_not_at_all(self):
        shutil.copytree(support.FASHION_MNIST, self.folder / "other" / "fashion-mnist")
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

        self.assertIn("another train-labels-idx1-ubyte.gz than the present one", said)
        self.assertIn("--no-resume", said)
        self.assertEqual(self.file(".checkpoint").read_bytes(), begun)
        self.run_to_end(spec, self.out)
        first = self.digests(self.out)
        self.file(".h5").unlink()
        self.run_to_end(spec, self.out, more=(*other, "--no-resume"))
        self.assertNotEqual(self.digests(self.out), first)

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
