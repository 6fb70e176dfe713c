#!/usr/bin/env python3
"""Draws a graph and the spectrum of its mixing matrix as PNG and SVG: xibench topology NAME --nodes N --matrix | draw_topology.py -o STEM. Exit status: 0 done,
2 bad usage or input."""

import sys

from libraries import need

need("networkx")

import networkx as nx  # noqa: E402
import numpy as np  # noqa: E402

from arguments import Parser
from messages import say
from style import DASHES, PALETTE, plain, plt, save, use_fonts_for


class InputError(Exception):
    pass


def read_rounds(lines, source):
    """The matrices of successive rounds: rows of one length, as many of them as a multiple of that length."""
    rows = []
    for number, line in enumerate(lines, 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        try:
            rows.append([float(field) for field in line.split(",")])
        except ValueError:
            raise InputError(f"{source}:{number}: not a row of numbers; pipe in what xibench topology NAME --matrix prints") from None
        if len(rows[-1]) != len(rows[0]):
            raise InputError(f"{source}:{number}: {len(rows[-1])} weights after rows of {len(rows[0])}; every row needs one per node")
    if not rows or len(rows) % len(rows[0]):
        raise InputError(f"{source}: {len(rows)} rows are no whole number of matrices; pipe in what xibench topology NAME --matrix prints")
    return np.array(rows).reshape(-1, len(rows[0]), len(rows[0]))


def draw_graph(axis, rounds):
    """All nodes on a circle; the edges of each round in its colour, as wide as their weight; arrows where W is not symmetric."""
    nodes = rounds.shape[1]
    directed = any(not np.array_equal(w, w.T) for w in rounds)
    circle = nx.empty_graph(nodes)
    places = nx.circular_layout(circle)
    nx.draw_networkx_nodes(circle, places, ax=axis, node_size=3600 / max(nodes, 12), node_color="#3a3a3a")
    if nodes <= 64:
        nx.draw_networkx_labels(circle, places, ax=axis, font_size=min(10, 230 / nodes), font_color="white")
    for t, w in enumerate(rounds):
        edges = [(j, i) for i, j in zip(*np.nonzero(w)) if i != j and (directed or i > j)]  # row i receives from column j
        graph = nx.DiGraph(edges) if directed else nx.Graph(edges)
        outline = 1.6 * (len(rounds) - 1 - t) if len(rounds) <= 8 else 0  # an edge of several rounds shows all their colours
        widths = [0.4 + 4 * w[b, a] + outline for a, b in graph.edges]
        options = {"arrowsize": 8, "connectionstyle": "arc3,rad=0.08"} if directed else {}
        nx.draw_networkx_edges(graph, places, ax=axis, width=widths, edge_color=PALETTE[t % len(PALETTE)], alpha=0.75,
                               style=DASHES[t // len(PALETTE) % len(DASHES)], **options)
    axis.set_aspect("equal")
    axis.axis("off")


def draw_spectrum(axis, rounds):
    """Symmetric W: the eigenvalues in order. Otherwise those of the period's product in the unit disc. The 1 of the mean is grey."""
    product = np.eye(rounds.shape[1])
    for w in rounds:
        product = w @ product
    contraction = np.linalg.norm(product - 1 / len(product), 2)
    what = "W" if len(rounds) == 1 else f"{len(rounds)} rounds"
    if np.array_equal(product, product.T):
        values = np.linalg.eigvalsh(product)[::-1]
        axis.axhline(0, color="#888888", linewidth=0.8)
        axis.plot(np.arange(1, len(values)), values[1:], "o", color=PALETTE[1], markersize=4)
        axis.plot([0], values[:1], "o", color="#999999", markersize=4)
        axis.set_xlabel("index")
        axis.set_ylabel(f"eigenvalues of {what}")
        axis.set_ylim(-1.05, 1.05)
    else:
        values = sorted(np.linalg.eigvals(product), key=lambda value: abs(value - 1))
        turn = np.linspace(0, 2 * np.pi, 200)
        axis.plot(np.cos(turn), np.sin(turn), color="#888888", linewidth=0.8)
        axis.plot(np.real(values[1:]), np.imag(values[1:]), "o", color=PALETTE[1], markersize=4)
        axis.plot(np.real(values[:1]), np.imag(values[:1]), "o", color="#999999", markersize=4)
        axis.set_aspect("equal")
        axis.set_xlabel(f"eigenvalues of {what}, real part")
        axis.set_ylabel("imaginary part")
    return contraction


def draw(rounds, stem, title):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6))
    draw_graph(left, rounds)
    contraction = draw_spectrum(right, rounds)
    doubly = np.allclose(rounds.sum(axis=2), 1)
    if doubly:  # the contraction of a column-stochastic W says nothing
        right.set_title(f"contraction {contraction:.4g} in {len(rounds)} round{'s' * (len(rounds) > 1)}", loc="left")
    left.set_title(plain(title), loc="left")
    save(figure, stem)


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("file", nargs="?", help="output of xibench topology NAME --matrix (default: standard input)")
    parser.add_argument("-o", "--out", default="topology", metavar="STEM", help="write STEM.png and STEM.svg (default: %(default)s)")
    parser.add_argument("--title", default="", help="title above the graph")
    options = parser.parse_args()
    use_fonts_for("draw_topology", [options.title])
    try:
        if options.file:
            with open(options.file, encoding="utf-8-sig") as lines:
                rounds = read_rounds(lines, options.file)
        else:
            rounds = read_rounds(sys.stdin, "standard input")
        draw(rounds, options.out, options.title)
    except (InputError, OSError, UnicodeDecodeError) as error:
        say("draw_topology", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
