"""A damaged checkpoint is found out and set aside; the run goes on from the one before it, or begins anew."""

import support
from long_run import OFTEN, LongRun
from support import signal


class DamagedCheckpoint(LongRun):
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
        self.assertRegex(said, r"checkpoint \S+\.checkpoint is corrupt .*\.previous is corrupt .*; set aside, the run starts over")
        self.assertTrue(any(self.out.glob("*/*.checkpoint.corrupt")))

        self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertIn("the run starts over", str(self.show(self.file(".h5"))["provenance"]))
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

    def interrupted(self):
        """A run that was stopped after several checkpoints; its one file of rows."""
        process = self.begun()
        self.wait_for_file(self.out, ".previous", process)
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        return self.file(".rows")

    def test_rows_that_are_missing_or_cut_are_asked_for_and_nothing_is_lost(self):
        rows = self.interrupted()
        whole, checkpoint = rows.read_bytes(), self.file(".checkpoint").read_bytes()
        for ranks in (0, 2) if support.HAS_MPI else (0,):
            for left in (None, whole[:100]):
                rows.unlink(missing_ok=True)
                if left is not None:
                    rows.write_bytes(left)
                said = self.run_to_end(self.long, self.out, ranks, status=1).stderr
                self.assertRegex(said, rf"checkpoint \S+ needs {len(whole)} bytes of \S+\.rows, which (does not exist|has 100): put the whole file back")
                self.assertIn("--no-resume", said)
                self.assertEqual(self.file(".checkpoint").read_bytes(), checkpoint)
        rows.write_bytes(whole)
        self.assertIn("goes on after step", self.run_to_end(self.long, self.out).stderr)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_rows_that_came_after_the_checkpoint_are_of_no_run(self):
        """A kill during an append leaves them, torn or whole."""
        for more in (b"torn", None):
            rows = self.interrupted()
            whole = rows.read_bytes()
            rows.write_bytes(whole + (whole[-2000:] if more is None else more))
            self.assertIn("goes on after step", self.run_to_end(self.long, self.out).stderr)
            self.assertEqual(self.digests(self.out), self.expected)
            self.file(".h5").unlink()

    def test_damaged_rows_are_treated_as_a_damaged_checkpoint(self):
        rows = self.interrupted()
        whole = rows.read_bytes()
        rows.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # the newest rows: the checkpoint before does not need them
        done = self.run_to_end(self.long, self.out)
        self.assertRegex(done.stderr, r"needs \S+\.rows, which is corrupt \(checksum\); used the one before it")
        self.assertEqual(self.digests(self.out), self.expected)
        self.file(".h5").unlink()

        self.damage(self.interrupted())
        self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.expected)
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_every_attempt_that_goes_on_has_rows_of_its_own_and_all_go_with_the_result(self):
        self.long = self.spec(support.WIDE.format(epochs=20))
        self.run_to_end(self.long, self.folder / "undisturbed")
        for attempt in range(3):
            process = self.start(self.long, self.out, attempt if support.HAS_MPI else 0, more=OFTEN)
            self.wait_until(lambda: len(list(self.out.glob("*/*.rows"))) > attempt, "rows", process)
            process.send_signal(signal.SIGUSR1)
            self.ended(process, 75)
            self.assertEqual(len(list(self.out.glob("*/*.rows"))), attempt + 1)
        self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.digests(self.folder / "undisturbed"))
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])


if __name__ == "__main__":
    support.main()
