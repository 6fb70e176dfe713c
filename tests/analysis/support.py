"""What the tests of analysis/ share: an interpreter that has the libraries, the paths, and a temporary folder per test."""

import importlib.util
import os
import sys
import tempfile
import unittest
from pathlib import Path

MISSING = [name for name in ("numpy", "h5py", "scipy", "matplotlib") if importlib.util.find_spec(name) is None]
if MISSING and Path(sys.executable).resolve() != Path("/usr/bin/python3").resolve() and Path("/usr/bin/python3").exists():
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])  # the libraries come as packages of the system's Python
if MISSING:
    print(f"skipped: this Python lacks {', '.join(MISSING)}")
    sys.exit(77)

SOURCE, BUILD = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
XIBENCH = BUILD / "xibench"
sys.path.insert(0, str(SOURCE / "analysis"))
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


class FolderTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)


def main():
    unittest.main(argv=sys.argv[:1])
