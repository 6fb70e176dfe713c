"""A damaged checkpoint is found out and set aside; the run goes on from the one before it, or begins anew."""

import support
from long_run import LongRun
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


if __name__ == "__main__":
    support.main()
