"""What the tests of analysis/ share: an interpreter that has the libraries, the paths, and a temporary folder per test."""

import os
import runpy
import subprocess
import sys
import tempfile
import traceback
import unittest

sys.path.append(f"{sys.argv[1]}/tests")
from script import BUILD, SOURCE, XIBENCH, FolderTest, main, needs  # noqa: E402

needs("numpy", "h5py", "scipy", "matplotlib")
sys.path.insert(0, str(SOURCE / "analysis"))


def run_here(script, stdout, stderr):
    """Runs the script of sys.argv in this process, which was forked for it, and returns its exit status."""
    for stream, number in ((stdout, 1), (stderr, 2)):
        os.dup2(stream.fileno(), number)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    for name in [name for name, module in sys.modules.items() if (getattr(module, "__file__", None) or "").startswith(f"{SOURCE}{os.sep}") and name not in ("support", "script")]:
        del sys.modules[name]  # the program begins with the libraries only
    try:
        runpy.run_path(str(script), run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status


def program(name, *words):
    """analysis/NAME with these words, as subprocess.run(..., capture_output=True, text=True) has it, but forked from this process: to import the libraries
    takes most programs longer than their work."""
    import matplotlib.pyplot, scipy.stats  # noqa: E401, F401  # once, for all that follow

    words = [str(SOURCE / "analysis" / name), *map(str, words)]
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            sys.argv = words
            os._exit(run_here(words[0], stdout, stderr))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for stream in (stdout, stderr):
            stream.seek(0)
            texts.append(stream.read().decode())
    return subprocess.CompletedProcess(words, status, *texts)


__all__ = ["BUILD", "SOURCE", "XIBENCH", "FolderTest", "main", "needs", "program", "run_here", "unittest"]
