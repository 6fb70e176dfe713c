#!/usr/bin/python3
"""Simulated times of the communication of 16 to 4,096 nodes, beside their closed forms: scale.py BUILD -o OUT. BUILD has scale_simulate.

Writes scale.json, scale.md and scale.png in OUT; what is in its scale.json is not simulated again. Exit status 1: a closed form is off by more than
10 % on a network where nothing is shared. 2: bad input."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "analysis")]
import platforms  # noqa: E402
from arguments import Parser  # noqa: E402
from machine import why_not_written, write_json  # noqa: E402

TOLERANCE = 0.10
NODES = [16, 64, 256, 1024, 4096]
LARGE, SMALL = 2**18, 2**14  # parameters: about those of ResNet-20 (272,474) and of LeNet (21,840), in columns that all ranks get as many of
GOSSIP = ["gossip:ring", "gossip:exponential", "gossip:one-peer-exponential"]
TO_ALL = ["exact", "distance"]  # a message from every node to every other one: the simulator's work grows with n³
CONTROL = ["gram:exponential", "loop:exponential", "gram:ring", "loop:ring"]
COMMUNICATIONS = [*GOSSIP, "all-reduce", *TO_ALL, *CONTROL]

# What the simulator is told, and why. Computing is not simulated, so the load of this machine cannot enter. Open MPI's choice among collectives; the default
# selector takes 62 ms for an all-reduce that takes 2.4. Latency as the platform states it, and 97 % of the bandwidth for payload; the defaults are those of a
# Gigabit cluster of 2008. No acknowledgements beside the data, and no window of TCP, which would hold a flow of 50 ms at 42 MB/s.
SETTINGS = ["network/model:SMPI", "smpi/simulate-computation:no", "smpi/coll-selector:ompi", "smpi/lat-factor:0:1", f"smpi/bw-factor:0:{platforms.PAYLOAD}",
            "network/crosstraffic:no", "network/TCP-gamma:1e12"]


def cases():
    """(network, nodes, parameters, communication), the cheap ones first. Memory limits the large model to 256 nodes: its n copies, and those of neighbours."""
    for nodes in NODES:
        for network in platforms.NETWORKS:
            for communication in COMMUNICATIONS:
                most = (256 if network.uncongested else 64) if communication in TO_ALL else 64 if communication in CONTROL else NODES[-1]
                if nodes <= most:
                    yield network, nodes, LARGE if nodes <= 256 else SMALL, communication


def simulate(program, network, nodes, dim, communication):
    """The row of one simulation, or None where there is no such network."""
    text = platforms.platform(network, nodes)
    if text is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        platform, out, problems = (Path(place) / name for name in ("platform.xml", "out", "problems"))
        platform.write_text(text)
        command = [program, platform, nodes, dim, network.latency, network.payload, communication, *(f"--cfg={setting}" for setting in SETTINGS), "--log=root.thresh:error"]
        with out.open("w") as stdout, problems.open("w") as stderr:
            try:
                process = subprocess.Popen([str(word) for word in command], stdout=stdout, stderr=stderr)
            except OSError as error:
                sys.exit(f"scale: {program} cannot be started ({error.strerror})")
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        lines = [line for line in out.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
        if process.returncode or len(lines) != 1:
            sys.exit(f"scale: {communication} of {nodes} nodes on '{network.name}' ended with status {process.returncode}: {problems.read_text().strip()[-2000:]}")
    return {"network": network.name, "uncongested": network.uncongested, **json.loads(lines[0]), "host_cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "host_mb": used.ru_maxrss // 1024}


def key(row):
    return row["network"], row["nodes"], row["dim"], row["communication"]


def ratio(row):
    return row["seconds"] / row["closed_form_s"]


def off(rows):
    """What a closed form of an uncongested network does not describe."""
    return [row for row in rows if row["uncongested"] and abs(ratio(row) - 1) > TOLERANCE]


def milliseconds(seconds):
    return f"{1e3 * seconds:,.0f}" if seconds >= 0.1 else f"{1e3 * seconds:.3g}"


def tables(rows):
    """Markdown: a table per network, and exact averaging against the all-reduce."""
    by_key = {key(row): row for row in rows}
    pages = []
    for network in platforms.NETWORKS:
        mine = [row for row in rows if row["network"] == network.name]
        if not mine:
            continue
        sizes = sorted({(row["nodes"], row["dim"]) for row in mine})
        lines = [f"**{network.name}**: {network.about}", "", "| | " + " | ".join(f"n = {n:,}" + (" (small)" if dim == SMALL else "") for n, dim in sizes) + " |",
                 "|---|" + "---:|" * len(sizes)]
        for communication in COMMUNICATIONS:
            found = [by_key.get((network.name, n, dim, communication)) for n, dim in sizes]
            if any(found):
                cells = [(f"{milliseconds(row['seconds'])} ({ratio(row):.2f})" + (f", {row['rounds']} rounds" if communication in CONTROL else "")) if row else "" for row in found]
                lines.append(f"| {communication.replace('gossip:', '')} | " + " | ".join(cells) + " |")
        pages.append("\n".join(lines))
    pairs = [(row, by_key[(*key(row)[:3], "all-reduce")]) for row in rows if row["communication"] == "exact" and (*key(row)[:3], "all-reduce") in by_key]
    if pairs:
        sizes = sorted({exact["nodes"] for exact, _ in pairs})
        lines = ["**Exact averaging over the all-reduce**", "", "| | " + " | ".join(f"n = {n:,}" for n in sizes) + " |", "|---|" + "---:|" * len(sizes)]
        for network in dict.fromkeys(exact["network"] for exact, _ in pairs):
            mine = {exact["nodes"]: (exact, other) for exact, other in pairs if exact["network"] == network}
            lines.append(f"| {network} | " + " | ".join(f"{mine[n][0]['seconds'] / mine[n][1]['seconds']:.2f}" if n in mine else "" for n in sizes) + " |")
            if network == "flat":
                cells = [f"{1e6 * work_per_message(*mine[n]):.1f} µs" if n in mine else "" for n in sizes]
                lines.append("| flat: work of a host per message that makes it 1.2 | " + " | ".join(cells) + " |")
        pages.append("\n".join(lines))
    return "\n\n".join(pages) + "\n"


def work_per_message(exact, all_reduce):
    """Seconds of the sender per message, which the simulation does not have, with which exact averaging would take 1.2 times the all-reduce."""
    return (1.2 * all_reduce["seconds"] - exact["seconds"]) / (exact["busiest_messages"] - 1.2 * all_reduce["busiest_messages"])


def draw(rows, stem):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import style
    shown = [*GOSSIP, "all-reduce", *TO_ALL]
    colours = dict(zip(shown, style.PALETTE))
    names = [network.name for network in platforms.NETWORKS if any(row["network"] == network.name for row in rows)]
    figure, axes = plt.subplots(1, len(names), figsize=(3.2 * len(names), 4.2), squeeze=False)
    for axis, name in zip(axes[0], names):
        for communication in shown:
            for dim, fill in ((LARGE, colours[communication]), (SMALL, "white")):
                mine = sorted((row["nodes"], row["seconds"], row["closed_form_s"]) for row in rows if (row["network"], row["communication"], row["dim"]) == (name, communication, dim))
                if mine:
                    n, seconds, form = zip(*mine)
                    label = communication.replace("gossip:", "") if dim == LARGE else None
                    axis.plot(n, [1e3 * s for s in seconds], "o", color=colours[communication], markerfacecolor=fill, markersize=5, label=label)
                    axis.plot(n, [1e3 * s for s in form], "-", color=colours[communication], linewidth=1)
        axis.set(xscale="log", yscale="log", title=name, xlabel="nodes", xlim=(12, 5500))
        axis.set_xticks(NODES, [f"{n:,}" for n in NODES])
        axis.minorticks_off()
    axes[0][0].set_ylabel("ms")
    handles = {label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels())}
    figure.legend(handles.values(), handles, loc="lower center", ncols=len(shown), frameon=False)
    figure.suptitle("One communication of 262,144 parameters (filled) and 16,384 (hollow): simulated (dots) and in closed form (lines)")
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(stem.with_suffix(".png"), facecolor="white")
    plt.close(figure)


def kept_in(store, parser):
    """What the file has, or an empty list of rows where it is not there yet."""
    if not store.exists():
        return {"schema": "xibench-scale", "schema_version": 1, "settings": SETTINGS, "rows": []}
    try:
        kept = json.loads(store.read_text())
        if kept["settings"] == SETTINGS:
            tables(kept["rows"]), off(kept["rows"])  # they read every value
            return kept
    except (AttributeError, LookupError, OSError, TypeError, ValueError, RecursionError, ZeroDivisionError) as error:
        parser.error(f"{store}: is damaged ({error!r}): move it away, or give another folder")
    return parser.error(f"{store} holds simulations with other settings: give another folder")


def main():
    names = [network.name for network in platforms.NETWORKS]
    parser = Parser(prog="scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="build folder, with scale_simulate")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--nodes", type=int, nargs="+", default=NODES, choices=NODES)
    parser.add_argument("--network", nargs="+", default=names, choices=names)
    parser.add_argument("--communication", nargs="+", default=COMMUNICATIONS, choices=COMMUNICATIONS)
    parser.add_argument("--no-figure", action="store_true", help="without matplotlib")
    arguments = parser.parse_args()
    program = arguments.build.resolve() / "scale_simulate"
    if not program.exists():
        parser.error(f"{program} is not built: install SimGrid (Debian: apt-get install libsimgrid-dev), run cmake again, and build scale_simulate")
    store = arguments.out / "scale.json"
    if problem := why_not_written(store):
        parser.error(problem)
    kept = kept_in(store, parser)
    rows = kept["rows"]
    for network, nodes, dim, communication in cases():
        wanted = nodes in arguments.nodes and network.name in arguments.network and communication in arguments.communication
        if not wanted or (network.name, nodes, dim, communication) in map(key, rows):
            continue
        row = simulate(program, network, nodes, dim, communication)
        if row:
            rows.append(row)
            print(json.dumps(row), flush=True)
            write_json(store, kept)
    (arguments.out / "scale.md").write_text(tables(rows))
    if not arguments.no_figure:
        draw(rows, arguments.out / "scale")
    for row in off(rows):
        print(f"scale: {row['communication']} of {row['nodes']} nodes on '{row['network']}' takes {ratio(row):.2f} of its closed form", file=sys.stderr)
    return 1 if off(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
