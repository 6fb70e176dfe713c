"""What the Python tests share, which are called as FILE SOURCE BUILD [NAME of a test...]: the two folders, what is built, programs, a folder per test."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
XIBENCH = BUILD / "xibench"
FULL = os.environ.get("XIBENCH_TEST_FULL") == "1"  # ./check --full
SYSTEM_PYTHON = "/usr/bin/python3"  # the libraries come as its packages
CACHE = (BUILD / "CMakeCache.txt").read_text() if (BUILD / "CMakeCache.txt").exists() else ""
HAS_MPI = shutil.which("mpirun") is not None and "XB_WITH_MPI:BOOL=OFF" not in CACHE
HAS_TORCH = "XB_WITH_TORCH:BOOL=OFF" not in CACHE
HAS_NCCL = "XB_WITH_NCCL:BOOL=ON" in CACHE
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def needs(*things):
    """Skips the whole test unless all are there: names of Python modules, which the system's Python may have where this one lacks them, and paths of what is built."""
    lacking = [name for name in things if isinstance(name, str) and importlib.util.find_spec(name) is None]
    if lacking and Path(sys.executable).resolve() != Path(SYSTEM_PYTHON).resolve() and Path(SYSTEM_PYTHON).exists():
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    if lacking:
        skip(f"this Python lacks {', '.join(lacking)}: apt-get install {' '.join(f'python3-{name}' for name in lacking)}")
    for path in things:
        if isinstance(path, Path) and not path.exists():
            skip(f"{path} is not built")


def run(*words, status=0, **options):
    """subprocess.run of a command whose exit status has to be this one (None: any), with both streams as text."""
    done = subprocess.run([*map(str, words)], check=False, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 300} | options)
    assert status is None or done.returncode == status, f"{words}: exit status {done.returncode} instead of {status}\n{done.stdout}{done.stderr}"
    return done


def xibench(*words, **options):
    return run(XIBENCH, *words, **options)


def damage_until_hdf5_crashes(path):
    """Lets the texts of the first heap of a file be looked for far outside of it. HDF5 1.10 reads there; later versions refuse it."""
    data = bytearray(Path(path).read_bytes())
    heap = data.index(b"GCOL").to_bytes(8, "little")  # each text is the address of its heap and a number there
    at = data.find(heap)
    while at >= 0:
        data[at + 8:at + 12] = (0x7FFF0000).to_bytes(4, "little")
        at = data.find(heap, at + 1)
    Path(path).write_bytes(data)


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="xibench-test-")))

    def spec(self, text):
        path = self.folder / "sweep.toml"
        path.write_text(text)
        return path


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
