#!/usr/bin/env python3
"""What `xibench topology` prints and refuses: topology_command_test.py SOURCE BUILD."""

import csv
import io
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import XIBENCH, needs, xibench  # noqa: E402

needs(XIBENCH)


def run(*arguments, status=0):
    done = xibench("topology", *arguments, status=status)
    return done.stdout, done.stderr


def refused(*arguments):
    """The one line on stderr."""
    out, error = run(*arguments, status=2)
    assert out == "" and error.count("\n") == 1, (out, error)
    return error


# One graph: the same numbers in every form
ring = json.loads(run("ring", "--nodes", 16, "--dim", 1000, "--json")[0])
assert (ring["topology"], ring["weights"], ring["nodes"], ring["kind"], ring["degree"]) == ("ring", "uniform", 16, "undirected", 2)
assert abs(ring["p"] - 0.0989) < 5e-5 and ring["messages"] == 2 and ring["bytes"] == 8000 and ring["rounds_to_reduce_1000"] == 133
table = list(csv.DictReader(io.StringIO(run("ring", "--nodes", 16, "--dim", 1000, "--csv")[0])))
assert len(table) == 1 and list(table[0]) == list(ring)
assert all(table[0][key] == ("" if value is None else str(value)) or float(table[0][key]) == value for key, value in ring.items())
text = run("ring", "--nodes", 16)[0]
assert "mixing parameter p of a round" in text and "0.098" in text

# Rounds of a period contract together: no p, and their number
for order in ("cyclic", "permutation"):
    peers = json.loads(run(f"one-peer-exponential({order})", "--nodes", 16, "--json")[0])
    assert (peers["p"], peers["contraction"], peers["contraction_rounds"], peers["rounds_to_reduce_1000"]) == (None, 0, 4, 4), peers
alternate = json.loads(run("alternate(ring, 9, complete, 1)", "--nodes", 8, "--json")[0])
assert (alternate["degree"], alternate["most_sent"], alternate["messages"]) == (7, 7, 2.5), alternate
directed = json.loads(run("random-directed(4)", "--nodes", 16, "--weights", "push-sum", "--json")[0])
assert directed["messages"] == directed["most_sent"] == 4 < directed["degree"], directed

# The effective number of neighbors is left out where it costs too much, and nothing else is
for graph, nodes in (("one-peer-exponential", 4097), ("one-peer-exponential", 8192), ("random-matching", 1024)):
    large = json.loads(run(graph, "--nodes", nodes, "--json")[0])
    assert 10 < large["effective_neighbors"] < nodes and large["rounds_to_reduce_1000"] > 0, large
assert json.loads(run("one-peer-ring", "--nodes", 64, "--json")[0])["effective_neighbors"] > 2
long = json.loads(run("one-peer-ring", "--nodes", 64, "--decay", 0.999999, "--json")[0])
assert long["effective_neighbors"] is None and long["contraction"] > 0, long
assert "not computed" in run("--help")[0]

# All graphs: a row each, what does not exist is said on stderr
out, error = run("--nodes", 15, "--csv")
rows = {row["topology"]: row for row in csv.DictReader(io.StringIO(out))}
assert {"ring", "star", "florentine-families", "base", "random-directed", "circulant(1, 3)"} <= set(rows)
assert rows["ring"]["weights"] == "uniform" and rows["star"]["weights"] == "metropolis" and rows["random-directed"]["weights"] == "push-sum"
assert "hypercube" not in rows and "hypercube needs a power of two; 15 is not: use torus" in error
assert len(run("--nodes", 15)[0].splitlines()) == len(rows) + 1
only = {row["topology"] for row in json.loads(run("--nodes", 15, "--weights", "metropolis", "--json")[0])}
assert "star" in only and "exponential" not in only

# Graphviz: every edge once
# Where no rule is named, each graph takes the one that it is defined with, here and in sweeps; push-sum only when asked for
for name, weights in (("path", "metropolis"), ("star", "metropolis"), ("ring", "uniform"), ("exponential", "uniform"), ("one-peer-exponential", "uniform")):
    assert json.loads(run(name, "--nodes", 16, "--json")[0])["weights"] == weights, name
assert "push-sum" in refused("random-directed(3)", "--nodes", 16)
with tempfile.TemporaryDirectory() as folder:
    sweep = Path(folder) / "s.toml"
    for name, given, weights in (("path", "", "metropolis"), ("ring", "", "uniform"), ("path", 'weights = "lazy-metropolis"', "lazy-metropolis")):
        sweep.write_text(f"""name = "s"
seeds = [1]
[data]
dataset = "quadratic(steps = 4)"
[model]
name = "none"
[train]
nodes = 4
epochs = 1
batch_size = 1
[topology]
name = "{name}"
{given}
""")
        assert json.loads(xibench("plan", sweep, "--json").stdout)["runs"][0]["config"]["topology"]["weights"] == weights
    sweep.write_text(sweep.read_text().replace("lazy-metropolis", "uniform"))
    assert 'use weights = "metropolis"' in xibench("plan", sweep, status=2).stderr

dot = run("star", "--nodes", 4, "--weights", "metropolis", "--dot")[0]
assert dot.startswith('graph "star" {') and sum("--" in line for line in dot.splitlines()) == 3 and "0 -- 3" in dot
dot = run("directed-ring", "--nodes", 3, "--dot")[0]
assert dot.startswith("digraph") and all(f"{i} -> {(i + 1) % 3}" in dot for i in range(3)) and dot.count("->") == 3
assert 'label="1"' in run("one-peer-hypercube", "--nodes", 4, "--dot")[0]

# The listing names every graph and rule
listing = run("--help")[0]
assert all(word in listing for word in ("torus(rows, columns)", "base(base)", "metropolis", "push-sum"))

# Bad usage is one line and exit status 2
assert "did you mean 'ring'" in refused("rign", "--nodes", 8)
assert "--nodes: 0 is too few" in refused("ring", "--nodes", 0)
assert "needs a power of two" in refused("hypercube", "--nodes", 24)
assert "--matrix: prints one graph: give its name" in refused("--matrix")
assert "unknown weights 'metropolitan'" in refused("--weights", "metropolitan")
assert "--decay: 1 is out of range" in refused("ring", "--decay", 1)
run("ring", "--json", "--csv", status=2)
run("ring", "--nodes", "many", status=2)
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "edges.txt"
    file.write_text("0 1\n1 9\n")
    assert f"{file}:2: node 9 must be in 0..7" in refused(f'edges("{file}")', "--nodes", 8, "--weights", "metropolis")
