"""Facts of this machine and of a build that results are kept with, and how the programs are launched. For the scripts that keep results."""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "analysis"))
from files import write_whole  # noqa: E402

PORTABLE = {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"}  # the kernels of runs
MPIRUN = ["mpirun", "--oversubscribe", "--allow-run-as-root", "--bind-to", "none", "-n"]


def cpu():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return " ".join(re.sub(r"\(R\)|\(TM\)|CPU|@.*", "", found.group(1)).split()) if found else os.uname().machine


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


class Build:
    """A build directory and the tree that it was made from."""

    def __init__(self, folder):
        self.folder = folder
        self.source = Path(self.cached("CMAKE_HOME_DIRECTORY"))
        self.version = self.cached("CMAKE_PROJECT_VERSION")
        self.commit = self.git("describe", "--always") or ("unknown" if (self.source / ".git").exists() else "")  # none of a tree that is no clone
        # Results are no change of what was measured: the first one that is kept would make a dirty tree for the next.
        if self.commit and self.git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)benchmarks/results") != "":
            self.commit += "-dirty"

    def git(self, *words):
        """What git prints of the tree; None where it fails."""
        try:
            done = subprocess.run(["git", "-C", self.source, *words], capture_output=True, text=True)
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def cached(self, key):
        cache = self.folder / "CMakeCache.txt"
        found = re.search(rf"^{key}:\w+=(.*)$", cache.read_text(), re.M)
        if not found:
            raise argparse.ArgumentTypeError(f"{cache} has no {key}: run cmake in that folder again")
        return found.group(1)

    def program(self, name):
        return self.folder / name

    def result_path(self, out, name):
        """results/VERSION/CPU/name, under `out` or the tree's own results."""
        return (out or self.source / "benchmarks" / "results") / self.version / slug(cpu()) / name

    def facts(self, schema):
        return {"schema": schema, "schema_version": 1, "xibench": self.version, "commit": self.commit, "cpu": cpu(), "cores": len(os.sched_getaffinity(0))}


def build_folder(text):
    """The Build of an argument of a command line."""
    if not (Path(text) / "CMakeCache.txt").is_file():
        raise argparse.ArgumentTypeError(f"{text} is no build directory: give the one that cmake made")
    return Build(Path(text))


def why_not_written(path):
    """Why no result can be kept at `path`, "" where one can: to be known before anything is measured."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"{path.parent}: cannot be made ({error.strerror}): choose another -o"
    if path.exists() and not path.is_file():
        return f"{path}: is no file: move it away, or choose another -o"
    return "" if os.access(path.parent, os.W_OK) else f"{path.parent}: cannot be written: choose another -o"


def write_json(path, result):
    write_whole(path, json.dumps(result, indent=1) + "\n")
