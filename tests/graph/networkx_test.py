#!/usr/bin/env python3
"""Graphs against networkx (the same adjacency) and their numbers against numpy: networkx_test.py SOURCE BUILD."""

import json
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
import script  # noqa: E402

script.needs("networkx", "numpy", script.XIBENCH)
import networkx as nx  # noqa: E402
import numpy as np  # noqa: E402


def xibench(*arguments):
    return script.xibench("topology", *arguments).stdout


def matrices(graph, nodes, weights):
    """The rounds of a period, as --matrix prints them."""
    rows = [line for line in xibench(graph, "--nodes", nodes, "--weights", weights, "--matrix").splitlines() if not line.startswith("#")]
    return np.array([[float(value) for value in row.split(",")] for row in rows]).reshape(-1, nodes, nodes)


def adjacency(graph, order=None):
    return nx.to_numpy_array(graph, nodelist=order or sorted(graph.nodes)) != 0


def as_listed(graph):
    return adjacency(graph, list(graph.nodes))


def powers(nodes):
    return [2**k for k in range(nodes.bit_length()) if 2**k < nodes]


def directed_circulant(nodes, offsets):
    return nx.DiGraph([((i + o) % nodes, i) for i in range(nodes) for o in offsets])  # row i: whom i receives from


CASES = [(name, n, weights, adjacency(make(n))) for n in (4, 5, 9, 16) for name, weights, make in [
    ("complete", "uniform", nx.complete_graph), ("ring", "uniform", nx.cycle_graph), ("path", "metropolis", nx.path_graph),
    ("star", "metropolis", lambda k: nx.star_graph(k - 1)), ("binary-tree", "metropolis", lambda k: nx.full_rary_tree(2, k)),
    ("tree(4)", "metropolis", lambda k: nx.full_rary_tree(4, k)), ("barbell", "metropolis", lambda k: nx.barbell_graph(k // 2, k % 2)),
    ("circulant(1, 2)", "uniform", lambda k: nx.circulant_graph(k, [1, 2])),
    ("exponential(two-sided)", "uniform", lambda k: nx.circulant_graph(k, powers(k)))]]
CASES += [(f"{name}({r}, {c})", r * c, "metropolis", adjacency(nx.grid_2d_graph(r, c, periodic=name == "torus")))
          for name in ("grid", "torus") for r, c in ((1, 5), (2, 2), (2, 5), (3, 4), (4, 3))]
CASES += [("hypercube", 2**d, "uniform", adjacency(nx.hypercube_graph(d))) for d in (1, 2, 4)]
CASES += [("barbell(4)", 10, "metropolis", adjacency(nx.barbell_graph(3, 4))),
          ("karate-club", 34, "metropolis", as_listed(nx.karate_club_graph())),
          ("davis-southern-women", 32, "metropolis", as_listed(nx.davis_southern_women_graph())),
          ("florentine-families", 15, "metropolis", as_listed(nx.florentine_families_graph())),
          ("directed-ring", 7, "uniform", adjacency(directed_circulant(7, [1]))),
          ("directed-circulant(2, 3)", 7, "uniform", adjacency(directed_circulant(7, [2, 3]))),
          ("exponential", 12, "uniform", adjacency(directed_circulant(12, powers(12))))]

for graph, nodes, weights, expected in CASES:
    w = matrices(graph, nodes, weights)
    assert w.shape[0] == 1, graph
    assert np.array_equal((w[0] != 0) & ~np.eye(nodes, dtype=bool), expected), f"{graph} with {nodes} nodes is not networkx's graph"
print(f"{len(CASES)} graphs have the adjacency of networkx")

# Metropolis-Hastings from the degrees that networkx counts
karate = nx.karate_club_graph()
w = matrices("karate-club", 34, "metropolis")[0]
assert all(w[a, b] == 1 / (1 + max(karate.degree[a], karate.degree[b])) for a, b in karate.edges)

# The rounds of one-peer graphs
peers = [np.eye(6, dtype=bool) | adjacency(directed_circulant(6, [o])) for o in (1, 2, 4)]
assert np.array_equal(matrices("one-peer-exponential", 6, "uniform") != 0, peers)
pairs = [[(i, (i + d) % 8) for i in range(0, 8, 2)] for d in (1, -1, 3, -3)]  # 5 is -3 with 8 nodes
assert np.array_equal(matrices("bipartite-exponential", 8, "uniform") != 0, [np.eye(8, dtype=bool) | adjacency(nx.Graph(p)) for p in pairs])

# Every number of the comparison against numpy
compared = 0
for nodes in (15, 16):
    for row in json.loads(xibench("--nodes", nodes, "--json", "--decay", 0.5)):
        assert row["nodes"] == nodes
        if row["period"] == 0 or row["weights"] == "push-sum":
            assert row["contraction"] is None and row["contraction_rounds"] is None
            continue
        period = matrices(row["topology"], nodes, row["weights"])
        product = np.eye(nodes)
        for w in period:
            product = w @ product
        contraction = np.linalg.norm(product - 1 / nodes, 2)
        tolerance = 1e-12  # of sums of at most 16 products of numbers in [0, 1] in at most 10 rounds, with a wide margin
        label = f"{row['topology']} with {nodes} nodes"
        assert abs(row["contraction"] - contraction) < tolerance and row["contraction_rounds"] == row["period"] == len(period), label
        if len(period) == 1:
            assert abs(1 - row["p"] - contraction**2) < tolerance, label
        else:
            assert row["p"] is None, label
        covariance, variances = np.zeros((nodes, nodes)), []
        for t in range(50 * len(period)):
            w = period[t % len(period)]
            covariance = w @ (0.5 * covariance + np.eye(nodes)) @ w.T
            variances.append(np.trace(covariance) / nodes)
        assert abs(row["effective_neighbors"] - 2 / np.mean(variances[-len(period):])) < 1e-9, label
        if len(period) == 1 and np.array_equal(period[0], period[0].T):
            values = np.sort(np.linalg.eigvalsh(period[0]))
            assert abs(values[-2] - row["lambda2"]) < tolerance and abs(values[0] - row["lambda_min"]) < tolerance, label
            neighbors = 2 / np.mean(values**2 / (1 - 0.5 * values**2))
            assert abs(row["effective_neighbors"] - neighbors) < 1e-9, label
        edges = [(w != 0) & ~np.eye(nodes, dtype=bool) for w in period]
        messages = np.mean([e.sum() for e in edges]) / nodes
        assert abs(row["messages"] - messages) < tolerance and abs(row["bytes"] - 4 * messages) < tolerance, label
        assert row["most_sent"] == max(e.sum(axis=0).max() for e in edges), label  # column j: to whom j sends
        assert row["degree"] == max(e.sum(axis=1).max() for e in edges), label
        q, left = 0, 1.0
        if contraction > tolerance:
            while left > 1e-3:
                left *= contraction
                q += 1
        assert row["rounds_to_reduce_1000"] == max(q, 1) * len(period), label
        compared += 1
assert compared > 40
print(f"{compared} spectra agree with numpy")

# A printed W is read back to the same bits
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "w.csv"
    file.write_text(xibench("torus", "--nodes", 12, "--matrix"))
    again = xibench(f'matrix("{file}")', "--nodes", 12, "--matrix")
    assert again == file.read_text()
    numbers = [json.loads(xibench(graph, "--nodes", 12, "--json")) for graph in (f'matrix("{file}")', "torus")]
    assert math.isclose(numbers[0]["p"], numbers[1]["p"])
