#!/usr/bin/env python3
"""analysis/draw_topology.py reads W as --matrix prints it and draws it: draw_topology_test.py SOURCE BUILD."""

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [f"{sys.argv[1]}/tests", f"{sys.argv[1]}/analysis"]
from script import SOURCE, needs, run  # noqa: E402

needs("matplotlib", "networkx", "numpy")
import numpy as np  # noqa: E402
from draw_topology import draw_spectrum, plt, read_rounds  # noqa: E402


def draw(text, stem, status=0):
    return run(sys.executable, SOURCE / "analysis" / "draw_topology.py", "-o", stem, input=text, status=status).stderr


# The rounds of a period
rounds = read_rounds(["# round 0\n", "0.5,0.5\n", "0.5,0.5\n", "# round 1\n", "1,0\n", "0,1\n"], "text")
assert np.array_equal(rounds, [[[0.5, 0.5], [0.5, 0.5]], [[1, 0], [0, 1]]])

# The contraction that is printed over the spectrum: a ring of 4 has eigenvalues 1, 1/3, 1/3, -1/3; one way round it is sqrt(1/2)
ring = np.array([[[1, 1, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1]]]) / 3
one_way = np.array([[[1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]]) / 2
assert abs(draw_spectrum(plt.subplots()[1], ring) - 1 / 3) < 1e-12
assert abs(draw_spectrum(plt.subplots()[1], one_way) - 0.5**0.5) < 1e-12

with tempfile.TemporaryDirectory() as folder:
    stem = Path(folder) / "graph"
    for text in ("0.5,0.5\n0.5,0.5\n", "0.5,0,0.5\n0.5,0.5,0\n0,0.5,0.5\n", "0.5,0.5\n0.5,0.5\n1,0\n0,1\n", "1\n"):
        draw(text, stem)
        for suffix in (".png", ".svg"):
            assert stem.with_suffix(suffix).stat().st_size > 1000
            stem.with_suffix(suffix).unlink()
    assert "standard input:2: not a row of numbers" in draw("1,0\nring,1\n", stem, status=2)
    assert "standard input:2: 1 weights after rows of 2" in draw("1,0\n1\n", stem, status=2)
    assert "no whole number of matrices" in draw("1,0\n", stem, status=2)
    assert not stem.with_suffix(".png").exists()
