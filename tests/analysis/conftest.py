"""Lets plain `pytest tests/analysis` run these scripts too: they take the source and build directories from the command line, and exit with 77 where something
that they need is not there. XIBENCH_BUILD names another build directory."""

import os
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
sys.argv = [sys.argv[0], str(SOURCE), os.environ.get("XIBENCH_BUILD", str(SOURCE / "build"))]  # pytest has read its own already
sys.path.insert(0, str(Path(__file__).parent))
import support  # noqa: E402, F401


class Script(pytest.Module):
    def _getobj(self):
        try:
            return super()._getobj()
        except SystemExit as stop:
            if stop.code != 77:
                raise
            pytest.skip("something that it needs is not there: run it as a script to see what", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    return Script.from_parent(parent, path=module_path)
