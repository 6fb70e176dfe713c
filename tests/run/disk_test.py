"""The disk fills up, or turns read-only, while a run is under way: the run fails with the reason, and goes on when there is a disk again."""

import os
import subprocess

import support

OFTEN = ("--checkpoint-minutes", "0.001")


def mount(*words):
    return subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)


class Disk(support.RunTest):
    def setUp(self):
        super().setUp()
        self.long = self.spec(support.LONG.format(epochs=5))
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        mounted = mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", self.disk)
        if mounted.returncode != 0:
            self.skipTest(f"a file system of its own needs root: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)
        self.out = self.disk / "out"

    def goes_on_as_if_nothing_had_happened(self, said):
        self.assertFalse(list(self.out.glob("*/*.h5")))
        self.assertRegex(said, r"xibench: (run \w+ \(.*\): |rank 0 on .*: )?.*cannot write \S+: ")
        done = self.run_to_end(self.long, self.out)
        self.assertIn("goes on after step", done.stderr)
        self.run_to_end(self.long, self.folder / "undisturbed")
        self.assertEqual(self.digests(self.out), self.digests(self.folder / "undisturbed"))
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_it_fills_up(self):
        for ranks in (0, 2) if support.HAS_MPI else (0,):
            process = self.start(self.long, self.out, ranks, 1, OFTEN)
            self.wait_for_file(self.out, ".checkpoint", process)
            ballast = self.disk / "ballast"
            with self.assertRaisesRegex(OSError, "No space left"), open(ballast, "wb", buffering=0) as file:
                while True:
                    file.write(os.urandom(4096))
            said = self.ended(process, 1)
            self.assertIn("No space left on device", said)
            ballast.unlink()
            self.goes_on_as_if_nothing_had_happened(said)
            next(self.out.glob("*/*.h5")).unlink()

    def test_it_turns_read_only(self):
        process = self.start(self.long, self.out, more=OFTEN)
        self.wait_for_file(self.out, ".checkpoint", process)
        for _ in range(1000):  # refused while a file is open for writing
            if mount("-o", "remount,ro", self.disk).returncode == 0:
                break
        else:
            self.fail("cannot be made read-only")
        said = self.ended(process, 1)
        self.assertIn("Read-only file system", said)
        self.assertEqual(mount("-o", "remount,rw", self.disk).returncode, 0)
        self.goes_on_as_if_nothing_had_happened(said)


if __name__ == "__main__":
    support.main()
