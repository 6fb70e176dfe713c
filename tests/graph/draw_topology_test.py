#!/usr/bin/env python3
"""analysis/draw_topology.py reads W as --matrix prints it and draws it: draw_topology_test.py SOURCE BUILD."""

import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import matplotlib
    import networkx
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}; apt-get install python3-networkx python3-matplotlib and configure with -DPython3_EXECUTABLE=/usr/bin/python3")
    sys.exit(77)

SCRIPT = Path(sys.argv[1]) / "analysis" / "draw_topology.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPT.parent))
from draw_topology import draw_spectrum, plt, read_rounds  # noqa: E402


def draw(text, stem, status=0):
    done = subprocess.run([sys.executable, "-B", SCRIPT, "-o", stem], input=text, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done.stderr


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
