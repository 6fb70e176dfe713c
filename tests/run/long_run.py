"""A run that tests interrupt at will, and what it says when nobody does."""

import subprocess
import tempfile
from pathlib import Path

import support

OFTEN = ("--checkpoint-minutes", "0.001")
TEXT = support.WIDE.format(epochs=5)  # 100 steps, half a second on a processor of its own


class LongRun(support.RunTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        spec = Path(folder.name) / "long.toml"
        spec.write_text(TEXT)
        subprocess.run(cls.words(spec, folder.name), capture_output=True, check=True)
        cls.expected = cls.digests(Path(folder.name))
        assert len(cls.expected) == 1

    def setUp(self):
        super().setUp()
        self.long = self.spec(TEXT)
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
